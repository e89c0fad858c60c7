namespace Vexa.Contracts;

/// <summary>What every dispatch of an entry has in common; identity, origin and id come from the entry and the occurrence.</summary>
[Contract("schedule.v1")]
public sealed record DispatchTemplate
{
    public required RunnerName Runner { get; init; }
    /// <summary>1 to 16, each once; the first <c>rw</c> one is the home workspace. The grant may leave less.</summary>
    public required IReadOnlyList<WorkspaceAccess> Workspaces { get; init; }
    public IReadOnlyList<ToolName> Tools { get; set; } = [];
    public required DispatchStart Start { get; init; }
    public DispatchLimits Limits { get; set; } = new();
}
