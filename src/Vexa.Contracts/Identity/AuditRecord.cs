using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>
/// <c>identity.v1</c>: one effect, recorded before it is acknowledged (I11). Each record is linked to the one before it, so that the trail
/// can be verified offline.
/// </summary>
[Contract("identity.v1")]
public sealed record AuditRecord
{
    /// <summary>1, 2, 3, ... without a gap.</summary>
    public required long Seq { get; init; }
    /// <summary><see cref="Hash"/> of the record before; 64 zeros in the first.</summary>
    public required string Prev { get; init; }
    public required DateTimeOffset At { get; init; }
    /// <summary>On whose behalf.</summary>
    public required SubjectId Subject { get; init; }
    public required Launcher Launcher { get; init; }
    /// <summary>What it was done to: <c>workspace:home</c>, <c>tool:mail-send</c>, <c>model:&lt;name&gt;</c>.</summary>
    public required string Scope { get; init; }
    public required DispatchId Dispatch { get; init; }
    /// <summary>What was done: <c>commit</c>, <c>tool-call</c>, <c>model-call</c>, ...</summary>
    public required string Effect { get; init; }
    public required AuditOutcome Outcome { get; init; }
    /// <summary>The rule that refused it; there where the outcome is <see cref="AuditOutcome.Refused"/>.</summary>
    public string? Rule { get; init; }
    /// <summary>SHA-256 of this record without this field (RFC 8785), lower-case hex.</summary>
    public required string Hash { get; init; }
}

/// <summary>What became of an effect.</summary>
[JsonConverter(typeof(AuditOutcomeJsonConverter))]
public enum AuditOutcome
{
    Done,
    /// <summary>A rule did not allow it.</summary>
    Refused,
    /// <summary>Allowed, tried, and not done.</summary>
    Failed,
}
