using System.Buffers.Text;

namespace Vexa.Redis;

/// <summary>RESP's notation of numbers, strictly: the whole text or nothing.</summary>
internal static class RespNumbers
{
    public static bool TryInteger(ReadOnlySpan<byte> text, out long value) =>
        Utf8Parser.TryParse(text, out value, out var used) && used == text.Length;

    public static bool TryDouble(ReadOnlySpan<byte> text, out double value)
    {
        if (text.SequenceEqual("inf"u8) || text.SequenceEqual("+inf"u8))
            value = double.PositiveInfinity;
        else if (text.SequenceEqual("-inf"u8))
            value = double.NegativeInfinity;
        else if (text.SequenceEqual("nan"u8) || text.SequenceEqual("-nan"u8))
            value = double.NaN;
        else
            return Utf8Parser.TryParse(text, out value, out var used) && used == text.Length && double.IsFinite(value);
        return true;
    }

    public static bool IsBigNumber(ReadOnlySpan<byte> text)
    {
        if (text is [(byte)'+' or (byte)'-', ..])
            text = text[1..];
        return text.Length > 0 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }
}
