using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Vexa.Contracts;

namespace Vexa.Identity;

/// <summary>Mints tokens from grants: JWS compact, ES256, one audience, short-lived.</summary>
public sealed class TokenMint(SigningKey key, TimeProvider time)
{
    /// <summary>The longest life of a token; the worker renews it while its workload lives.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    /// <summary>Mints a token for one boundary; see <see cref="Audience"/>.</summary>
    /// <param name="lifetime">At most <see cref="Lifetime"/>.</param>
    public string Mint(Grant grant, string audience, TimeSpan lifetime)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lifetime, Lifetime);
        var now = time.GetUtcNow();
        return Sign(new DispatchClaims
        {
            Iss = TokenVerifier.Issuer,
            Aud = audience,
            Sub = grant.Subject.Value,
            Act = new Actor(grant.Launcher.ToString()),
            Jti = FreshId(),
            Iat = now.ToUnixTimeSeconds(),
            Exp = (now + lifetime).ToUnixTimeSeconds(),
            Dispatch = grant.Dispatch,
            Workspaces = grant.Workspaces,
            Tools = grant.Tools,
            Grant = grant.Delegation,
        });
    }

    /// <summary>Mints the same claims again, with a new life.</summary>
    /// <param name="claims">Verified claims.</param>
    /// <param name="lifetime">At most <see cref="Lifetime"/>.</param>
    public string Renew(DispatchClaims claims, TimeSpan lifetime)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lifetime, Lifetime);
        var now = time.GetUtcNow();
        return Sign(claims with { Jti = FreshId(), Iat = now.ToUnixTimeSeconds(), Exp = (now + lifetime).ToUnixTimeSeconds() });
    }

    private static string FreshId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    internal string Sign(DispatchClaims claims) => Jws.Sign(key, Jws.Token, JsonSerializer.SerializeToUtf8Bytes(claims, VexaJson.Default.DispatchClaims));
}
