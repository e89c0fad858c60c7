using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names a tool as grants, dispatches and cards call it: an entry of <c>tool.v1</c>.</summary>
[JsonConverter(typeof(IdJsonConverter<ToolName>))]
public readonly record struct ToolName : IId<ToolName>
{
    private readonly string? _value;

    private ToolName(string value) => _value = value;

    public static string Noun => "tool name";

    public string Value => _value ?? throw new InvalidOperationException("The tool name was never set.");

    public static ToolName FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
