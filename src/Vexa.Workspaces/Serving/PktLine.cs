using System.Globalization;
using System.Text;

namespace Vexa.Workspaces;

/// <summary>The lines that git's protocols consist of (gitprotocol-common(5)): four hexadecimal digits of length, those four included, then the bytes.</summary>
internal static class PktLine
{
    private const int Head = 4;

    /// <summary>Bytes that one line may carry.</summary>
    public const int Longest = 65520 - Head;

    /// <summary>Ends a list of lines.</summary>
    public static ReadOnlyMemory<byte> Flush { get; } = "0000"u8.ToArray();

    public static ReadOnlyMemory<byte> Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    public static ReadOnlyMemory<byte> Of(ReadOnlySpan<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, Longest);
        byte[] line = [.. Encoding.ASCII.GetBytes((content.Length + Head).ToString("x4", CultureInfo.InvariantCulture)), .. content];
        return line;
    }

    /// <summary>The next line's bytes; null where the list ends.</summary>
    /// <exception cref="InvalidDataException">This is no such line, or the stream ends in it.</exception>
    public static async Task<byte[]?> Read(Stream stream, CancellationToken ct)
    {
        var head = new byte[Head];
        await Fill(stream, head, ct);
        if (!int.TryParse(Encoding.ASCII.GetString(head), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var length) || length is > 0 and < Head or > Longest + Head)
            throw new InvalidDataException("a line's length is no number, or none that it may have");
        if (length == 0)
            return null;

        var content = new byte[length - Head];
        await Fill(stream, content, ct);
        return content;
    }

    private static async Task Fill(Stream stream, byte[] buffer, CancellationToken ct)
    {
        if (await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct) < buffer.Length)
            throw new InvalidDataException("it ends within a line");
    }
}
