using System.Text;

namespace Vexa.Workspaces;

/// <summary>A data key as it is stored: only the key source that made it can read it.</summary>
/// <param name="KeyId">The key-encryption key: 1 to 255 characters of ASCII.</param>
/// <param name="Content">As the key source wrote it.</param>
public sealed record WrappedKey(string KeyId, ReadOnlyMemory<byte> Content)
{
    private const byte Version = 1;

    /// <summary>Base64 of a version, the length of the id, the id, the content.</summary>
    public string Text => Convert.ToBase64String([Version, checked((byte)KeyId.Length), .. Encoding.ASCII.GetBytes(KeyId), .. Content.Span]);

    /// <summary>Null where the text is no wrapped key.</summary>
    public static WrappedKey? TryParse(string text)
    {
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length) || length < 3 || bytes[0] != Version || bytes[1] == 0 || bytes[1] + 2 > length || !Ascii.IsValid(bytes.AsSpan(2, bytes[1])))
            return null;

        var content = 2 + bytes[1];
        return new WrappedKey(Encoding.ASCII.GetString(bytes, 2, bytes[1]), bytes.AsMemory(content, length - content));
    }
}
