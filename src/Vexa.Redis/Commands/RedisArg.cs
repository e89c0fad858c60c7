using System.Buffers.Text;
using System.Text;

namespace Vexa.Redis;

/// <summary>An argument of a command: text (sent as UTF-8), an integer, or bytes.</summary>
public readonly struct RedisArg
{
    /// <summary>Text that is not well-formed UTF-16 is refused: it would arrive as other text than was meant.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string? _text;
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly long? _number;

    public RedisArg(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
    }

    public RedisArg(long number) => _number = number;

    public RedisArg(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    public static implicit operator RedisArg(string text) => new(text);

    public static implicit operator RedisArg(long number) => new(number);

    public static implicit operator RedisArg(ReadOnlyMemory<byte> bytes) => new(bytes);

    public static implicit operator RedisArg(byte[] bytes) => new(bytes);

    internal bool Is(string word) => string.Equals(_text, word, StringComparison.OrdinalIgnoreCase);

    internal int ByteCount
    {
        get
        {
            if (_text is not null)
                return Utf8.GetByteCount(_text);
            if (_number is not { } number)
                return _bytes.Length;
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(number, digits, out var length);
            return length;
        }
    }

    internal int WriteTo(Span<byte> destination)
    {
        if (_text is not null)
            return Utf8.GetBytes(_text, destination);
        if (_number is { } number)
        {
            Utf8Formatter.TryFormat(number, destination, out var length);
            return length;
        }

        _bytes.Span.CopyTo(destination);
        return _bytes.Length;
    }
}
