namespace Vexa.Contracts;

/// <summary><c>identity.v1</c>: the claims of a dispatch token, computed from the one grant (I3).</summary>
[Contract("identity.v1")]
public sealed record DispatchClaims
{
    public required string Iss { get; init; }
    /// <summary>The one boundary that the token is for; see <see cref="Audience"/>.</summary>
    public required string Aud { get; init; }
    /// <summary>On whose behalf.</summary>
    public required string Sub { get; init; }
    /// <summary>Who fired it (RFC 8693 §4.1).</summary>
    public required Actor Act { get; init; }
    public required string Jti { get; init; }
    /// <summary>Seconds since the epoch.</summary>
    public required long Iat { get; init; }
    public required long Exp { get; init; }
    public required DispatchId Dispatch { get; init; }
    public required IReadOnlyList<WorkspaceAccess> Workspaces { get; init; }
    public required IReadOnlyList<string> Tools { get; init; }
    public string? Grant { get; init; }
    /// <summary>The tenant whose installation it is; absent where there is one only.</summary>
    public string? Tenant { get; init; }
}

public sealed record Actor(string Sub);

/// <summary>The boundaries that accept tokens; a token is for exactly one.</summary>
public static class Audience
{
    public const string Door = "vexa-door";
    public const string Runtime = "vexa-runtime";

    /// <summary>Of receipts, which no boundary accepts.</summary>
    public const string Receipt = "vexa-receipt";
}
