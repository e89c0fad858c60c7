using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary><c>GET /v1/workspaces/{id}/tree</c>: one folder.</summary>
/// <param name="Commit">As it was asked for, or the tip.</param>
/// <param name="Path">Empty for the root.</param>
[Contract("api.v1")]
public sealed record WorkspaceTree(string Commit, string Path, IReadOnlyList<WorkspaceEntry> Entries);

public sealed record WorkspaceEntry
{
    public required string Name { get; init; }
    /// <summary>From the root.</summary>
    public required string Path { get; init; }
    public required EntryKind Kind { get; init; }
    /// <summary>Absent for a folder.</summary>
    public long? Bytes { get; init; }
}

[JsonConverter(typeof(EntryKindJsonConverter))]
public enum EntryKind { File, Folder, Link }

/// <summary><c>GET /v1/workspaces/{id}/log</c>: newest first.</summary>
[Contract("api.v1")]
public sealed record WorkspaceLog(IReadOnlyList<WorkspaceLogEntry> Commits);

public sealed record WorkspaceLogEntry
{
    public required string Sha { get; init; }
    /// <summary>None for the first commit, two for a merge: the trunk, then what was merged.</summary>
    public required IReadOnlyList<string> Parents { get; init; }
    /// <summary>On whose behalf.</summary>
    public required string Author { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Subject { get; init; }
    /// <summary>The dispatch and the turn that made it; absent where a person did.</summary>
    public DispatchId? Dispatch { get; init; }
    public TurnId? Turn { get; init; }
    /// <summary>Who fired the dispatch.</summary>
    public Launcher? Launcher { get; init; }
}

/// <summary><c>POST /v1/workspaces/{id}/import</c>: the workspace that a git bundle became.</summary>
/// <param name="Commits">That came with it, each as it was.</param>
/// <param name="LeftOut">Refs of the bundle that a workspace does not have; of many, the first 100.</param>
[Contract("api.v1")]
public sealed record WorkspaceImport(WorkspaceId Id, string Tip, long Commits, IReadOnlyList<string> LeftOut);

/// <summary><c>POST /v1/workspaces/{id}/gc</c>: what was tidied up.</summary>
[Contract("api.v1")]
public sealed record WorkspaceGc
{
    public required WorkspaceId Workspace { get; init; }
    public required long BundlesBefore { get; init; }
    public required long BundlesAfter { get; init; }
    /// <summary>Of the bundles, in clear.</summary>
    public required long BytesBefore { get; init; }
    public required long BytesAfter { get; init; }
    /// <summary>Objects that nothing named, for a day at least.</summary>
    public required long Removed { get; init; }
    /// <summary>Objects that nothing names yet.</summary>
    public required long Waiting { get; init; }
}
