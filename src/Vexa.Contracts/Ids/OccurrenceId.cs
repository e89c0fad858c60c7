using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names one occurrence of a schedule entry. Derived from entry and instant, or from entry and event, so that the same one twice is one (I9).</summary>
[JsonConverter(typeof(IdJsonConverter<OccurrenceId>))]
public readonly record struct OccurrenceId : IId<OccurrenceId>
{
    private readonly string? _value;

    private OccurrenceId(string value) => _value = value;

    public static string Noun => "occurrence id";

    public string Value => _value ?? throw new InvalidOperationException("The occurrence id was never set.");

    public static OccurrenceId FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
