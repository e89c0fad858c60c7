using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names a proposal that waits for a person.</summary>
[JsonConverter(typeof(IdJsonConverter<CardId>))]
public readonly record struct CardId : IId<CardId>
{
    private readonly string? _value;

    private CardId(string value) => _value = value;

    public static string Noun => "card id";

    public string Value => _value ?? throw new InvalidOperationException("The card id was never set.");

    public static CardId FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
