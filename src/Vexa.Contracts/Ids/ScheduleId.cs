using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names an entry of a person's schedule; the part of the launcher <c>schedule:&lt;id&gt;</c>.</summary>
[JsonConverter(typeof(IdJsonConverter<ScheduleId>))]
public readonly record struct ScheduleId : IId<ScheduleId>
{
    private readonly string? _value;

    private ScheduleId(string value) => _value = value;

    public static string Noun => "schedule id";

    public string Value => _value ?? throw new InvalidOperationException("The schedule id was never set.");

    public static ScheduleId FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
