using System.Text.Json;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Identity;

/// <summary>
/// Verifies tokens (RFC 8725): ES256 and our keys only, a closed header, one exact audience and issuer, strict claims, expiry.
/// Whatever is not exactly that is refused; a stranger learns only that it was, and whether a fresh token would help.
/// </summary>
public sealed class TokenVerifier(KeySet keys, TimeProvider time)
{
    public const string Issuer = "vexa";

    // How far the clocks of two roles may differ.
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(5);

    /// <summary>Verifies a token for one boundary and returns its claims.</summary>
    /// <exception cref="VexaException">401: rule <c>token-invalid</c>, <c>token-expired</c> or <c>token-audience</c>.</exception>
    public DispatchClaims Verify(string token, string audience)
    {
        var claims = CheckSignature(token) ?? throw Refused("token-invalid", "The token is not valid.", "Present the token that this dispatch was given.");

        if (claims.Iss != Issuer)
            throw Refused("token-invalid", "The token is not valid.", "Present the token that this dispatch was given.");

        if (claims.Aud != audience)
            throw Refused("token-audience", "The token is for another boundary.", $"Present a token whose audience is {audience}.");

        var now = time.GetUtcNow();
        if (now > DateTimeOffset.FromUnixTimeSeconds(claims.Exp) + Skew)
            throw Refused("token-expired", "The token has expired.", "Renew it at POST /v1/token before it expires.");

        if (now < DateTimeOffset.FromUnixTimeSeconds(claims.Iat) - Skew)
            throw Refused("token-invalid", "The token is not valid yet.", "Set the clocks of this machine.");

        return claims;
    }

    private DispatchClaims? CheckSignature(string token)
    {
        if (Jws.Open(token, Jws.Token, keys, out _) is not { } payload)
            return null;

        try
        {
            var claims = Contract.Read(payload, VexaJson.Default.DispatchClaims);
            return claims is { Exp: > 0 and < MaxInstant, Iat: > 0 and < MaxInstant } ? claims : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private const long MaxInstant = 253_402_300_000; // the end of the year 9999

    private static VexaException Refused(string rule, string message, string hint) =>
        new(Stage.Authenticate, Party.Caller, rule, message, hint) { Status = 401 };
}
