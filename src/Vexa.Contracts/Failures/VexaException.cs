using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Where in the story of a dispatch something failed. Together with <see cref="Party"/> this is the whole taxonomy.</summary>
[JsonConverter(typeof(StageJsonConverter))]
public enum Stage
{
    /// <summary>Reading a request: its syntax, its ids, its sizes.</summary>
    Request,
    /// <summary>Who is asking, and may they.</summary>
    Authenticate,
    Compose,
    Record,
    IdentityMint,
    WorkspaceOpen,
    RuntimeStart,
    Door,
    Runner,
    Inference,
    WorkspaceCommit,
    Stream,
}

/// <summary>Whose fault a failure is, which decides who has to act.</summary>
[JsonConverter(typeof(PartyJsonConverter))]
public enum Party
{
    /// <summary>The person or client that called: mend the request.</summary>
    Caller,
    /// <summary>Whoever runs this installation: mend the machine or the settings.</summary>
    Operator,
    /// <summary>The agent or its CLI.</summary>
    Agent,
    /// <summary>The model provider.</summary>
    Provider,
    /// <summary>Ourselves.</summary>
    Vexa,
}

/// <summary>
/// The one failure of the system: where, whose fault, the rule that refused, what happened and the mend. The text is written for
/// the stranger who reads it; causes and internals go into the log, never into <see cref="Exception.Message"/>.
/// </summary>
/// <param name="stage">Where it failed.</param>
/// <param name="party">Whose fault it is.</param>
/// <param name="rule">A stable kebab-case name of the rule that refused, part of the API: <c>unknown-workspace</c>.</param>
/// <param name="message">One sentence: what happened.</param>
/// <param name="hint">One sentence: what would mend or allow it.</param>
/// <param name="inner">The cause, for the log.</param>
public sealed class VexaException(Stage stage, Party party, string rule, string message, string hint, Exception? inner = null)
    : Exception(message, inner)
{
    public Stage Stage { get; } = stage;

    public Party Party { get; } = party;

    public string Rule { get; } = rule;

    public string Hint { get; } = hint;

    /// <summary>The place of the fault in what was sent: a JSON pointer (RFC 6901).</summary>
    public string? Pointer { get; init; }

    /// <summary>HTTP status to answer with, where the rule asks for one other than its party's default.</summary>
    public int? Status { get; init; }

    /// <summary>When it is worth trying again; over HTTP the header <c>Retry-After</c> (RFC 9110 §10.2.3), in whole seconds.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
