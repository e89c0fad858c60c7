using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>One instant of an entry and what became of it: the answer to why something did or did not run.</summary>
[Contract("schedule.v1")]
public sealed record Occurrence
{
    public required ScheduleId Entry { get; init; }
    /// <summary>When it was due; for an event, when it happened.</summary>
    public required DateTimeOffset Instant { get; init; }
    public required OccurrenceId Id { get; init; }
    public required OccurrenceOutcome Outcome { get; init; }
    /// <summary>For people; there unless it ran.</summary>
    public string? Reason { get; init; }
    /// <summary>What it fired, where it did.</summary>
    public DispatchId? Dispatch { get; init; }
}

/// <summary>What became of an occurrence.</summary>
[JsonConverter(typeof(OccurrenceOutcomeJsonConverter))]
public enum OccurrenceOutcome
{
    /// <summary>It fired a dispatch; how that ended stands in its own record.</summary>
    Ran,
    /// <summary>Left out on purpose: disabled, or by its misfire or overlap rule.</summary>
    Skipped,
    /// <summary>Found too late to be fired.</summary>
    Expired,
    /// <summary>Refused: the grant, the template, the system.</summary>
    Failed,
}
