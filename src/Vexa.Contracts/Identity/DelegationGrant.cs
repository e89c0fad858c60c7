namespace Vexa.Contracts;

/// <summary><c>identity.v1</c>: a narrow, revocable permission of a person for a launcher that is not one.</summary>
[Contract("identity.v1")]
public sealed record DelegationGrant
{
    public required GrantId Id { get; init; }
    /// <summary>Who grants it, and on whose behalf its dispatches run.</summary>
    public required SubjectId Subject { get; init; }
    /// <summary>What may fire dispatches on the subject's behalf.</summary>
    public required Launcher Launcher { get; init; }
    /// <summary>The most that a dispatch may mount; 1 to 16.</summary>
    public required IReadOnlyList<WorkspaceAccess> Workspaces { get; init; }
    /// <summary>The most that a dispatch may be given.</summary>
    public required IReadOnlyList<ToolName> Tools { get; init; }
    public GrantBudget? Budget { get; init; }
    /// <summary>Absent: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    /// <summary>JWS ES256 with detached content (RFC 7515 appendix F) over the grant without this field (RFC 8785).</summary>
    public required string Signature { get; init; }
}

/// <summary>What a delegation grants, before it is signed: what a person is asked to agree to.</summary>
[Contract("identity.v1")]
public sealed record DelegationTerms
{
    /// <summary>What may fire dispatches on the subject's behalf.</summary>
    public required Launcher Launcher { get; init; }
    /// <summary>The most that a dispatch may mount; 1 to 16.</summary>
    public required IReadOnlyList<WorkspaceAccess> Workspaces { get; init; }
    /// <summary>The most that a dispatch may be given.</summary>
    public required IReadOnlyList<ToolName> Tools { get; init; }
    public GrantBudget? Budget { get; init; }
    /// <summary>Absent: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>What all dispatches of a grant may use together; at least one of the two is set.</summary>
public sealed record GrantBudget
{
    /// <summary>Tokens of all model calls; 1 or more.</summary>
    public long? MaxTokens { get; init; }
    /// <summary>US dollars for all model calls; 0 to 1,000,000.</summary>
    public decimal? MaxCostUsd { get; init; }
}
