using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names a delegation grant: what a person lets a launcher do that is not one.</summary>
[JsonConverter(typeof(IdJsonConverter<GrantId>))]
public readonly record struct GrantId : IId<GrantId>
{
    private readonly string? _value;

    private GrantId(string value) => _value = value;

    public static string Noun => "grant id";

    public string Value => _value ?? throw new InvalidOperationException("The grant id was never set.");

    public static GrantId FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
