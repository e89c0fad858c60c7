using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Workspaces;

namespace Vexa.Control.Authentication;

/// <summary>API tokens: <c>vexa_&lt;id&gt;_&lt;secret&gt;</c>. The bucket keeps a SHA-256 of the whole; 256 random bits need no slow hash.</summary>
internal sealed partial class ApiTokens(Records records, TimeProvider time, ILogger<ApiTokens> log)
{
    private const string Prefix = "vexa";
    private const string Folder = "tokens/";

    /// <summary>Makes a token. This is the only time that it can be read.</summary>
    public async Task<NewToken> Create(SubjectId subject, CancellationToken ct)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var token = $"{Prefix}_{id}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";
        var at = time.GetUtcNow();
        await records.Create(Key(id), new ApiToken { Id = id, Subject = subject, Sha256 = Hash(token), CreatedAt = at }, VexaJson.Default.ApiToken, ct);
        return new NewToken(id, token, at);
    }

    public async Task<bool> Any(CancellationToken ct) => (await records.List(Folder, ct)).Count > 0;

    /// <summary>The tokens of a person, oldest first. One that cannot be read opens nothing, and hides none of the others.</summary>
    public async Task<IReadOnlyList<TokenInfo>> List(SubjectId subject, CancellationToken ct)
    {
        var found = new List<ApiToken>();
        foreach (var key in await records.List(Folder, ct))
            if (await ReadIfSound(key, ct) is { } known && known.Subject == subject)
                found.Add(known);

        return [.. found.OrderBy(token => token.CreatedAt).Select(token => new TokenInfo(token.Id, token.CreatedAt))];
    }

    /// <summary>From here on the token opens nothing.</summary>
    /// <exception cref="VexaException">404 <c>unknown-token</c>.</exception>
    public async Task Revoke(string id, SubjectId subject, CancellationToken ct)
    {
        if (!IsId(id) || await records.Read(Key(id), VexaJson.Default.ApiToken, ct) is not { } known || known.Value.Subject != subject)
            throw new VexaException(Stage.Request, Party.Caller, "unknown-token", "There is no API token of that id.", "See the ids: vexa token list") { Status = 404 };

        await records.Remove(Key(id), ct);
    }

    public async Task<ApiToken?> Find(string token, CancellationToken ct)
    {
        if (token.Length > 128 || token.Split('_', 3) is not [Prefix, var id, _] || !IsId(id))
            return null;

        var known = await records.Read(Key(id), VexaJson.Default.ApiToken, ct);
        return known is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(known.Value.Sha256), Encoding.ASCII.GetBytes(Hash(token)))
            ? known.Value
            : null;
    }

    private Task<ApiToken?> ReadIfSound(string key, CancellationToken ct) =>
        records.ReadIfSound(key, VexaJson.Default.ApiToken, damaged => PassedOver(damaged.InnerException ?? damaged, key), ct);

    [LoggerMessage(Level = LogLevel.Error, Message = "the token {Key} cannot be read, so it opens nothing, and is passed over")]
    private partial void PassedOver(Exception cause, string key);

    private static bool IsId(string id) => id.Length == 12 && id.All(char.IsAsciiHexDigitLower);

    private static string Key(string id) => Folder + id;

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
