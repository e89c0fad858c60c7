namespace Vexa.Contracts;

/// <summary><c>GET /v1/tokens</c>: oldest first.</summary>
[Contract("api.v1")]
public sealed record TokenList(IReadOnlyList<TokenInfo> Tokens);

/// <summary>What can be told of an API token: never the token.</summary>
public sealed record TokenInfo(string Id, DateTimeOffset CreatedAt);

/// <summary><c>POST /v1/tokens</c>: the one time that a token can be read.</summary>
[Contract("api.v1")]
public sealed record NewToken(string Id, string Token, DateTimeOffset CreatedAt);
