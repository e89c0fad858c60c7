using System.Text.Json;

namespace Vexa.Contracts;

/// <summary>A whole file.</summary>
public sealed record FilePayload
{
    /// <summary>Absent: the home workspace of the dispatch.</summary>
    public WorkspaceId? Workspace { get; init; }
    /// <summary>A path inside of the workspace.</summary>
    public required string File { get; init; }
    /// <summary>The file's text as it will be.</summary>
    public required string Content { get; init; }
}

/// <summary>A call of a tool.</summary>
public sealed record ToolPayload
{
    public required ToolName Tool { get; init; }
    /// <summary>An object.</summary>
    public required JsonElement Arguments { get; init; }
}

/// <summary>A proposal of a workspace.</summary>
public sealed record MergePayload
{
    public required WorkspaceId Workspace { get; init; }
    /// <summary>Where it lies: <c>refs/proposals/&lt;dispatch&gt;</c>.</summary>
    public required string Ref { get; init; }
    /// <summary>The commit that was shown; a ref that has moved since is not merged.</summary>
    public required string Sha { get; init; }
    /// <summary>The commit that both sides began with.</summary>
    public string? Base { get; init; }
    /// <summary>One side: the trunk's tip, as it was then.</summary>
    public string? Trunk { get; init; }
    /// <summary>The other side: the work itself.</summary>
    public string? Work { get; init; }
    /// <summary>Where the two conflict; the first 100.</summary>
    public IReadOnlyList<string>? Paths { get; init; }
}

/// <summary>A delegation as it will be signed.</summary>
public sealed record GrantPayload
{
    public required DelegationTerms Delegation { get; init; }
}
