using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names an agent-runner definition: the file <c>runners/&lt;name&gt;.json</c>.</summary>
[JsonConverter(typeof(IdJsonConverter<RunnerName>))]
public readonly record struct RunnerName : IId<RunnerName>
{
    private readonly string? _value;

    private RunnerName(string value) => _value = value;

    public static string Noun => "runner name";

    public string Value => _value ?? throw new InvalidOperationException("The runner name was never set.");

    public static RunnerName FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
