namespace Vexa.Contracts;

/// <summary><c>POST /v1/keys/rotate</c>: one step of it. It is done when nothing remains.</summary>
[Contract("api.v1")]
public sealed record KeyRotation
{
    /// <summary>The key that is current now.</summary>
    public required string KeyId { get; init; }
    /// <summary>No key was made: an earlier rotation goes on.</summary>
    public required bool Resumed { get; init; }
    /// <summary>Keys wrapped anew by this step.</summary>
    public required long Rewrapped { get; init; }
    /// <summary>Keys that are still wrapped under an older one.</summary>
    public required long Remaining { get; init; }
    /// <summary>Workspaces whose manifest cannot be read; they stay as they are.</summary>
    public required IReadOnlyList<WorkspaceId> Unreadable { get; init; }
}
