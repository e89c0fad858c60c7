using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names a thread of turns of one subject; it outlives the containers that serve it.</summary>
[JsonConverter(typeof(IdJsonConverter<SessionId>))]
public readonly record struct SessionId : IId<SessionId>
{
    private readonly string? _value;

    private SessionId(string value) => _value = value;

    public static string Noun => "session id";

    public string Value => _value ?? throw new InvalidOperationException("The session id was never set.");

    public static SessionId FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
