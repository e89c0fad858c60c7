using System.Security.Cryptography;
using System.Text;

namespace Vexa.Workspaces;

/// <summary>Key-encryption keys in memory, by their ids; the last one is the current one. What a key source on this machine works with.</summary>
/// <remarks>A wrapped key is a random nonce of 12 bytes, the data key under AES-256-GCM, the tag of 16 bytes. Key id and purpose are its associated data.</remarks>
internal sealed class KeyRing
{
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int TagAt = NonceLength + DataKey.Length;

    private readonly Dictionary<string, DataKey> _keys = new(StringComparer.Ordinal);

    public string CurrentId { get; private set; } = "";

    public void Add(string id, DataKey key)
    {
        _keys[id] = key;
        CurrentId = id;
    }

    public bool Contains(string id) => _keys.ContainsKey(id);

    public WrappedKey Wrap(DataKey key, string purpose)
    {
        var content = new byte[TagAt + TagLength];
        RandomNumberGenerator.Fill(content.AsSpan(0, NonceLength));
        using var cipher = new AesGcm(_keys[CurrentId].Reveal(), TagLength);
        cipher.Encrypt(content.AsSpan(0, NonceLength), key.Reveal(), content.AsSpan(NonceLength, DataKey.Length), content.AsSpan(TagAt), Bound(CurrentId, purpose));
        return new WrappedKey(CurrentId, content);
    }

    /// <summary>Null where it is not what was wrapped for this purpose.</summary>
    public DataKey? Unwrap(WrappedKey wrapped, string purpose)
    {
        var content = wrapped.Content.Span;
        if (content.Length != TagAt + TagLength)
            return null;

        Span<byte> bytes = stackalloc byte[DataKey.Length];
        try
        {
            using var cipher = new AesGcm(_keys[wrapped.KeyId].Reveal(), TagLength);
            cipher.Decrypt(content[..NonceLength], content[NonceLength..TagAt], content[TagAt..], bytes, Bound(wrapped.KeyId, purpose));
            return new DataKey(bytes);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static byte[] Bound(string id, string purpose) => Encoding.UTF8.GetBytes($"vexa-wrapped-key-1\0{id}\0{purpose}");
}
