using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names one stay of the recorder in a meeting; a meeting may have several.</summary>
[JsonConverter(typeof(IdJsonConverter<MeetingSessionId>))]
public readonly record struct MeetingSessionId : IId<MeetingSessionId>
{
    private readonly string? _value;

    private MeetingSessionId(string value) => _value = value;

    public static string Noun => "meeting session id";

    public string Value => _value ?? throw new InvalidOperationException("The meeting session id was never set.");

    public static MeetingSessionId FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
