using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names a workspace: one git folder in the bucket.</summary>
[JsonConverter(typeof(IdJsonConverter<WorkspaceId>))]
public readonly record struct WorkspaceId : IId<WorkspaceId>
{
    private readonly string? _value;

    private WorkspaceId(string value) => _value = value;

    public static string Noun => "workspace id";

    public string Value => _value ?? throw new InvalidOperationException("The workspace id was never set.");

    public static WorkspaceId FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
