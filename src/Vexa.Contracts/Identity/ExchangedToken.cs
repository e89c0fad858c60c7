namespace Vexa.Contracts;

/// <summary><c>identity.v1</c>: the claims of a token that the door got for one tool server in exchange for a dispatch token (RFC 8693).</summary>
[Contract("identity.v1")]
public sealed record ExchangedToken
{
    /// <summary>The one tool server that the token is good for.</summary>
    public required string Aud { get; init; }
    /// <summary>Scope tokens between single spaces (RFC 6749 §3.3).</summary>
    public required string Scope { get; init; }
    /// <summary>On whose behalf.</summary>
    public required SubjectId Sub { get; init; }
    /// <summary>Who acts now, and for whom.</summary>
    public required ActorChain Act { get; init; }
    public required DispatchId Dispatch { get; init; }
    /// <summary>Seconds since the epoch; never after the dispatch token's own.</summary>
    public required long Exp { get; init; }
}

/// <summary>An actor and whoever it acts for in turn; the outermost is the current one (RFC 8693 §4.1).</summary>
/// <param name="Sub"><c>dispatch:&lt;id&gt;</c>, or the launcher that fired it.</param>
public sealed record ActorChain(string Sub, ActorChain? Act = null);
