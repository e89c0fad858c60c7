using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names a meeting that is transcribed.</summary>
[JsonConverter(typeof(IdJsonConverter<MeetingId>))]
public readonly record struct MeetingId : IId<MeetingId>
{
    private readonly string? _value;

    private MeetingId(string value) => _value = value;

    public static string Noun => "meeting id";

    public string Value => _value ?? throw new InvalidOperationException("The meeting id was never set.");

    public static MeetingId FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
