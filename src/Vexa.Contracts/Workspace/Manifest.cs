namespace Vexa.Contracts;

/// <summary><c>workspace.v1</c>: the state of a workspace. Its conditional put is the one linearisation point of all commits.</summary>
[Contract("workspace.v1")]
public sealed record Manifest
{
    public required WorkspaceId Workspace { get; init; }
    /// <summary>1, 2, 3, ...: one more at each put.</summary>
    public required long Generation { get; init; }
    /// <summary>Of the writer's lease, where the bucket has no conditional put; a writer with an older one is refused.</summary>
    public long? Fence { get; init; }
    /// <summary>The workspace's data key, wrapped by the installation's; absent where the bucket is not sealed.</summary>
    public string? WrappedKey { get; init; }
    /// <summary>Full ref name → commit.</summary>
    public required IReadOnlyDictionary<string, string> Refs { get; init; }
    /// <summary>In the order in which they apply.</summary>
    public required IReadOnlyList<ManifestBundle> Bundles { get; init; }
}

/// <summary>A workspace as it is set up: where it lies, and how it is sealed there.</summary>
[Contract("workspace.v1")]
public sealed record Workspace
{
    public required WorkspaceId Id { get; init; }
    /// <summary>Name of the bucket that holds it.</summary>
    public required string Bucket { get; init; }
    /// <summary>The most that any grant may give of it.</summary>
    public required AccessMode Mode { get; init; }
    public required WorkspaceEncryption Encryption { get; init; }
}

public sealed record WorkspaceEncryption
{
    /// <summary><c>AES-256-GCM-chunked</c>.</summary>
    public required string Algorithm { get; init; }
    /// <summary>Which of the installation's keys wraps the workspace's own.</summary>
    public required string KeyId { get; init; }
}

/// <summary>A git bundle in the bucket.</summary>
public sealed record ManifestBundle
{
    public required string Key { get; init; }
    public required string Sha256 { get; init; }
    public required long Bytes { get; init; }
    /// <summary>Commits that the bundle brings as ref tips.</summary>
    public required IReadOnlyList<string> Tips { get; init; }
    /// <summary>Commits that must be there before it applies.</summary>
    public required IReadOnlyList<string> Prerequisites { get; init; }
}

/// <summary>What became of a turn's commit: on the trunk (<see cref="Commit"/>) or beside it (<see cref="Proposal"/>).</summary>
[Contract("workspace.v1")]
public sealed record CommitResult
{
    public required WorkspaceId Workspace { get; init; }
    /// <summary>The trunk's new tip, or the proposal's commit.</summary>
    public required string Sha { get; init; }
    public string? Parent { get; init; }
    public int Files { get; init; }
    public int Insertions { get; init; }
    public int Deletions { get; init; }
    /// <summary>Set where the work conflicts and was kept as a proposal.</summary>
    public string? ProposalRef { get; init; }
    public string? Reason { get; init; }
}
