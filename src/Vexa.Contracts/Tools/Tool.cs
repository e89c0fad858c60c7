using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary><c>tool.v1</c>: a tool of a tool server, as it was approved for use by agents.</summary>
[Contract("tool.v1")]
public sealed record Tool
{
    public required ToolName Name { get; init; }
    /// <summary>The tool server that offers it: an id with the grammar of <see cref="Slug"/>.</summary>
    public required string Server { get; init; }
    /// <summary>The one tool server that an exchanged token is good for (RFC 8693 §2.1): a URI or a plain name.</summary>
    public required string Audience { get; init; }
    /// <summary>What a token may do there: scope tokens between single spaces (RFC 6749 §3.3).</summary>
    public required string Scope { get; init; }
    public required ToolEffect Effect { get; init; }
    /// <summary>Always <see cref="ToolGrant.Gate"/> where the effect is irreversible.</summary>
    public required ToolGrant Grant { get; init; }
    /// <summary>Where the credential is kept, <c>&lt;store&gt;:&lt;name&gt;</c>; never the credential.</summary>
    public string? CredRef { get; init; }
    /// <summary>A JSON Schema that the arguments of every call must satisfy, beside the server's own.</summary>
    public JsonElement? Args { get; init; }
    /// <summary>SHA-256 of name, description and input schema as they were approved (RFC 8785), lower-case hex.</summary>
    public string? Pin { get; init; }
}

/// <summary>What a call can do.</summary>
[JsonConverter(typeof(ToolEffectJsonConverter))]
public enum ToolEffect
{
    /// <summary>Nothing.</summary>
    Read,
    /// <summary>Something that can be taken back.</summary>
    Reversible,
    /// <summary>Something that cannot.</summary>
    Irreversible,
}

/// <summary>What becomes of a call that an agent makes.</summary>
[JsonConverter(typeof(ToolGrantJsonConverter))]
public enum ToolGrant
{
    /// <summary>It goes through at once.</summary>
    Auto,
    /// <summary>It becomes a card that waits for a person.</summary>
    Gate,
}
