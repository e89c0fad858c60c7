using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary><c>schedule.v1</c>: an entry that fires dispatches, by time or by event.</summary>
[Contract("schedule.v1")]
public sealed record Schedule
{
    public required ScheduleId Id { get; init; }
    /// <summary>The person on whose behalf its dispatches run.</summary>
    public required SubjectId Owner { get; init; }
    /// <summary>For people: one line, 1 to 200 characters.</summary>
    public required string Name { get; init; }
    public required ScheduleWhen When { get; init; }
    public required DispatchTemplate Dispatch { get; init; }
    /// <summary>The delegation grant that its dispatches run under.</summary>
    public required GrantId Grant { get; init; }
    public Misfire Misfire { get; set; } = Misfire.RunOnce;
    public Overlap Overlap { get; set; } = Overlap.Skip;
    /// <summary>False: it is due as before, and each time is recorded as skipped.</summary>
    public required bool Enabled { get; init; }
    public Expectation? Expect { get; init; }
}

/// <summary>What to do with instants that passed while nobody could fire them.</summary>
[JsonConverter(typeof(MisfireJsonConverter))]
public enum Misfire
{
    Skip,
    /// <summary>Once for all of them.</summary>
    RunOnce,
    /// <summary>Once for each, in order.</summary>
    RunAll,
}

/// <summary>What to do when an entry is due and its last dispatch still runs.</summary>
[JsonConverter(typeof(OverlapJsonConverter))]
public enum Overlap
{
    Skip,
    /// <summary>Run when the last one has ended; of several that wait, one.</summary>
    QueueOne,
    CancelPrevious,
    /// <summary>Run beside it.</summary>
    Allow,
}

/// <summary>An outcome deadline: what must have changed, and by when; otherwise the owner is told.</summary>
public sealed record Expectation
{
    /// <summary>A file of the home workspace that a dispatch of the entry commits.</summary>
    public required string Path { get; init; }
    /// <summary>In seconds after the occurrence's instant; 1 to 604,800.</summary>
    public required int By { get; init; }
}
