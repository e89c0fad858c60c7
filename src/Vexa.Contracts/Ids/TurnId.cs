using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names one turn: one prompt and everything up to its one terminal frame. A client may choose it, to make a retry safe.</summary>
[JsonConverter(typeof(IdJsonConverter<TurnId>))]
public readonly record struct TurnId : IId<TurnId>
{
    private readonly string? _value;

    private TurnId(string value) => _value = value;

    public static string Noun => "turn id";

    public string Value => _value ?? throw new InvalidOperationException("The turn id was never set.");

    public static TurnId FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
