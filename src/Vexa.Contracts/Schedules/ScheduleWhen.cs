using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>What an entry waits for.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(CronWhen), "cron")]
[JsonDerivedType(typeof(AtWhen), "at")]
[JsonDerivedType(typeof(EventWhen), "event")]
public abstract record ScheduleWhen;

/// <summary>Again and again, by the wall clock of a place.</summary>
public sealed record CronWhen : ScheduleWhen
{
    /// <summary>Minute, hour, day of month, month, day of week; numbers, names, <c>*</c> <c>/</c> <c>,</c> and <c>-</c>.</summary>
    public required string Cron { get; init; }
    /// <summary>A name of the IANA time zone database: <c>Europe/Berlin</c>.</summary>
    public required string TimeZone { get; init; }
}

/// <summary>Once.</summary>
public sealed record AtWhen(DateTimeOffset At) : ScheduleWhen;

/// <summary>Each time an integration tells of an event.</summary>
public sealed record EventWhen : ScheduleWhen
{
    /// <summary>Integration and event: <c>mail.received</c>.</summary>
    public required string Event { get; init; }
    /// <summary>Fields that the event must have with exactly these values; absent, every such event.</summary>
    public IReadOnlyDictionary<string, string>? Filter { get; init; }
}
