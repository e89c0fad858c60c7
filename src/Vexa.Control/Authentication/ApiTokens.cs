using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Vexa.Contracts;
using Vexa.Workspaces;

namespace Vexa.Control.Authentication;

/// <summary>API tokens: <c>vexa_&lt;id&gt;_&lt;secret&gt;</c>. The bucket keeps a SHA-256 of the whole; 256 random bits need no slow hash.</summary>
internal sealed class ApiTokens(Records records, TimeProvider time)
{
    private const string Prefix = "vexa";

    /// <summary>Makes a token. This is the only time that it can be read.</summary>
    public async Task<string> Create(SubjectId subject, CancellationToken ct)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var token = $"{Prefix}_{id}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";
        await records.Create(Key(id), new ApiToken { Id = id, Subject = subject, Sha256 = Hash(token), CreatedAt = time.GetUtcNow() }, VexaJson.Default.ApiToken, ct);
        return token;
    }

    public async Task<bool> Any(CancellationToken ct) => (await records.List("tokens/", ct)).Count > 0;

    public async Task<ApiToken?> Find(string token, CancellationToken ct)
    {
        if (token.Length > 128 || token.Split('_', 3) is not [Prefix, { Length: 12 } id, _] || !id.All(char.IsAsciiHexDigitLower))
            return null;

        var known = await records.Read(Key(id), VexaJson.Default.ApiToken, ct);
        return known is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(known.Value.Sha256), Encoding.ASCII.GetBytes(Hash(token)))
            ? known.Value
            : null;
    }

    private static string Key(string id) => $"tokens/{id}";

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
