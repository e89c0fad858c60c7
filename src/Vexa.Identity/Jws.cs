using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Vexa.Identity;

/// <summary>
/// Signed JSON as we write it (RFC 7515, compact): ES256 and our keys only, a closed header whose <c>typ</c> says what it is. So nothing that
/// was signed as one thing passes as another.
/// </summary>
internal static class Jws
{
    public const string Token = "JWT";
    public const string Receipt = "vexa-receipt+jwt";

    private const int Longest = 16 * 1024;

    public static string Sign(SigningKey key, string type, ReadOnlySpan<byte> payload)
    {
        var header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"ES256","kid":"{{key.Public.Kid}}","typ":"{{type}}"}"""));
        var signed = $"{header}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <returns>What was signed; null where <paramref name="fault"/> says why not.</returns>
    public static byte[]? Open(string text, string type, KeySet keys, out JwsFault fault)
    {
        fault = JwsFault.Format;
        if (text.Length > Longest || text.Split('.') is not [var header, var payload, var signature])
            return null;

        try
        {
            if (ReadKid(Base64Url.DecodeFromChars(header), type) is not { } kid)
                return null;

            fault = JwsFault.Key;
            if (keys.Find(kid) is not { } key)
                return null;

            fault = JwsFault.Signature;
            return key.VerifyData(Encoding.ASCII.GetBytes(text, 0, header.Length + 1 + payload.Length),
                Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
                ? Base64Url.DecodeFromChars(payload)
                : null;
        }
        // InvalidOperationException: an escape in the header that stands for half a character.
        catch (Exception broken) when (broken is FormatException or JsonException or CryptographicException or InvalidOperationException)
        {
            return null;
        }
    }

    // The header is closed: alg, kid, typ. So nothing in it (jwk, jku, x5u, crit, b64) can choose a key or change what is signed.
    private static string? ReadKid(byte[] header, string type)
    {
        using var json = JsonDocument.Parse(header, new JsonDocumentOptions { MaxDepth = 2, AllowDuplicateProperties = false });
        if (json.RootElement.ValueKind != JsonValueKind.Object)
            return null;

        string? kid = null, alg = null, typ = null;
        foreach (var property in json.RootElement.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                return null;

            switch (property.Name)
            {
                case "alg": alg = property.Value.GetString(); break;
                case "kid": kid = property.Value.GetString(); break;
                case "typ": typ = property.Value.GetString(); break;
                default: return null;
            }
        }

        return alg == "ES256" && (typ == type || (typ is null && type == Token)) ? kid : null;
    }
}

internal enum JwsFault
{
    /// <summary>It is no signed JSON, or of another type.</summary>
    Format,
    /// <summary>None of our keys has signed it.</summary>
    Key,
    /// <summary>It is not what was signed.</summary>
    Signature,
}
