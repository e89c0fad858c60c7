using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names one dispatch: one run of one agent in one container. Derived from the occurrence that caused it (I9).</summary>
[JsonConverter(typeof(IdJsonConverter<DispatchId>))]
public readonly record struct DispatchId : IId<DispatchId>
{
    private readonly string? _value;

    private DispatchId(string value) => _value = value;

    public static string Noun => "dispatch id";

    public string Value => _value ?? throw new InvalidOperationException("The dispatch id was never set.");

    public static DispatchId FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
