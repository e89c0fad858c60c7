using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;

namespace Vexa.Identity;

/// <summary>
/// The keys that verify, read from the JWKS file (RFC 7517) that control writes. The file is read again when it changed, so that a
/// role may start before control and survives a new key.
/// </summary>
public sealed class KeySet
{
    public const string FileName = "jwks.json";

    /// <summary>Every key that ever signed: receipts are read years later, and a key that is no more still says who it was.</summary>
    public const string ReceiptsFileName = "receipts-jwks.json";

    private readonly string? _path;
    private readonly Lock _reading = new();
    private DateTime _readAt;
    private volatile FrozenDictionary<string, ECDsa> _keys = FrozenDictionary<string, ECDsa>.Empty;

    private KeySet(string? path) => _path = path;

    public static KeySet FromFolder(string folder) => new(Path.Combine(folder, FileName));

    /// <summary>The keys that receipts are verified with.</summary>
    public static KeySet ForReceipts(string folder) => new(Path.Combine(folder, ReceiptsFileName));

    public static KeySet Of(params IEnumerable<PublicKey> keys) => new(path: null) { _keys = Freeze(keys) };

    internal ECDsa? Find(string kid)
    {
        if (!_keys.ContainsKey(kid))
            Reload();

        return _keys.GetValueOrDefault(kid);
    }

    internal static byte[] Write(IEnumerable<PublicKey> keys)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("keys");
            foreach (var key in keys)
            {
                json.WriteStartObject();
                json.WriteString("kty", "EC");
                json.WriteString("crv", "P-256");
                json.WriteString("alg", "ES256");
                json.WriteString("use", "sig");
                json.WriteString("kid", key.Kid);
                json.WriteString("x", key.X);
                json.WriteString("y", key.Y);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    internal static IReadOnlyList<PublicKey> Read(string path)
    {
        using var jwks = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. jwks.RootElement.GetProperty("keys").EnumerateArray().Select(k => new PublicKey(
            k.GetProperty("kid").GetString()!, k.GetProperty("x").GetString()!, k.GetProperty("y").GetString()!))];
    }

    private void Reload()
    {
        if (_path is null)
            return;

        lock (_reading)
        {
            var changed = File.GetLastWriteTimeUtc(_path);
            if (changed == _readAt || !File.Exists(_path))
                return;

            _keys = Freeze(Read(_path));
            _readAt = changed;
        }
    }

    private static FrozenDictionary<string, ECDsa> Freeze(IEnumerable<PublicKey> keys) =>
        keys.ToFrozenDictionary(k => k.Kid, k => k.ToEcdsa(), StringComparer.Ordinal);
}
