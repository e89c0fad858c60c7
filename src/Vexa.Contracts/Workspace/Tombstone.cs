namespace Vexa.Contracts;

/// <summary><c>record.v1</c>: what is left of a workspace that was shredded. It is there before anything is destroyed, and it never goes.</summary>
[Contract("record.v1")]
public sealed record Tombstone
{
    public required WorkspaceId Workspace { get; init; }
    public required DateTimeOffset At { get; init; }
    /// <summary>Who asked for it.</summary>
    public required SubjectId By { get; init; }
    /// <summary>Of the last manifest.</summary>
    public required long Generation { get; init; }
    /// <summary>The key that the workspace's own was wrapped under.</summary>
    public required string KeyId { get; init; }
    /// <summary>How many the last manifest named.</summary>
    public required long Bundles { get; init; }
    /// <summary>What they weighed in clear.</summary>
    public required long Bytes { get; init; }
}

/// <summary><c>POST /v1/workspaces/{id}/shred</c>: the proof that a workspace is destroyed.</summary>
/// <param name="Signed">The tombstone as a JWS, signed by the installation's key.</param>
[Contract("api.v1")]
public sealed record ShredCertificate(Tombstone Tombstone, string Signed);
