namespace Vexa.Contracts;

/// <summary>
/// <c>identity.v1</c>: what stands behind a commit: for whom, by whom, what it was allowed, what it used. Signed by the installation and kept
/// as a note of the commit.
/// </summary>
[Contract("identity.v1")]
public sealed record Receipt
{
    /// <summary>That one receipt names.</summary>
    public const int MostModels = 64;

    public required string Iss { get; init; }
    /// <summary><see cref="Audience.Receipt"/>: a receipt opens nothing.</summary>
    public required string Aud { get; init; }
    /// <summary>On whose behalf.</summary>
    public required string Sub { get; init; }
    /// <summary>Who fired it.</summary>
    public required Actor Act { get; init; }
    /// <summary>Seconds since the epoch.</summary>
    public required long Iat { get; init; }
    public required DispatchId Dispatch { get; init; }
    public required TurnId Turn { get; init; }
    /// <summary>What the dispatch could mount, and how.</summary>
    public required IReadOnlyList<WorkspaceAccess> Workspaces { get; init; }
    /// <summary>The tools it was granted.</summary>
    public required IReadOnlyList<string> Tools { get; init; }
    public required WorkspaceId Workspace { get; init; }
    public required string Commit { get; init; }
    public required string Tree { get; init; }
    /// <summary>Where the commit lies, if not on the trunk.</summary>
    public string? ProposalRef { get; init; }
    public required RunnerName Runner { get; init; }
    /// <summary>The models that were called, as the door saw it.</summary>
    public required IReadOnlyList<string> Models { get; init; }
    /// <summary>What the container was made from: the digest of its image. Absent where the runtime did not tell.</summary>
    public string? ImageDigest { get; init; }
    public required long InputTokens { get; init; }
    public required long OutputTokens { get; init; }
    public required int ToolCalls { get; init; }
    /// <summary>
    /// SHA-256 over the turn's <c>tool-call</c> frames in the order of the stream, each in the form of RFC 8785 and with a line feed behind it.
    /// </summary>
    public required string ToolCallsSha256 { get; init; }
}
