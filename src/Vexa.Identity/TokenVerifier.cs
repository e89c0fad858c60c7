using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
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

    private const int LongestToken = 16 * 1024;

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
        if (token.Length > LongestToken || token.Split('.') is not [var header, var payload, var signature])
            return null;

        try
        {
            if (ReadKid(Base64Url.DecodeFromChars(header)) is not { } kid || keys.Find(kid) is not { } key)
                return null;

            var valid = key.VerifyData(Encoding.ASCII.GetBytes(token, 0, header.Length + 1 + payload.Length),
                Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            if (!valid)
                return null;

            var claims = Contract.Read(Base64Url.DecodeFromChars(payload), VexaJson.Default.DispatchClaims);
            return claims is { Exp: > 0 and < MaxInstant, Iat: > 0 and < MaxInstant } ? claims : null;
        }
        // InvalidOperationException: an escape in the header that stands for half a character.
        catch (Exception fault) when (fault is FormatException or JsonException or CryptographicException or InvalidOperationException)
        {
            return null;
        }
    }

    private const long MaxInstant = 253_402_300_000; // the end of the year 9999

    // The header is closed: alg, kid, typ. So nothing in it (jwk, jku, x5u, crit, b64) can choose a key or change what is signed.
    private static string? ReadKid(byte[] header)
    {
        using var json = JsonDocument.Parse(header, new JsonDocumentOptions { MaxDepth = 2, AllowDuplicateProperties = false });
        if (json.RootElement.ValueKind != JsonValueKind.Object)
            return null;

        string? kid = null, alg = null;
        foreach (var property in json.RootElement.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                return null;

            switch (property.Name)
            {
                case "alg": alg = property.Value.GetString(); break;
                case "kid": kid = property.Value.GetString(); break;
                case "typ" when property.Value.ValueEquals("JWT"): break;
                default: return null;
            }
        }

        return alg == "ES256" ? kid : null;
    }

    private static VexaException Refused(string rule, string message, string hint) =>
        new(Stage.Authenticate, Party.Caller, rule, message, hint) { Status = 401 };
}
