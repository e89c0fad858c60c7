using System.Buffers;
using System.Text.Json;

namespace Vexa.Schemas;

/// <summary>What every text has to be, whatever its schema.</summary>
internal static class Text
{
    /// <summary>False where an escape stands for half a character: such a text cannot be told in UTF-8.</summary>
    public static bool IsSound(ref SchemaWalk walk)
    {
        if (!walk.Reader.ValueIsEscaped)
            return true;

        var buffer = ArrayPool<byte>.Shared.Rent(walk.Reader.ValueSpan.Length);
        try
        {
            walk.Reader.CopyString(buffer);
            return true;
        }
        catch (InvalidOperationException)
        {
            return walk.Fail("holds a lone surrogate");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// RFC 3339 <c>date-time</c>: <c>2026-07-01T09:30:00Z</c>, always with a zone. The form only; whether there is such a day, the reader
    /// knows.
    /// </summary>
    public static bool LooksLikeInstant(ReadOnlySpan<byte> text) =>
        text.Length is >= 20 and <= 40
        && text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':'
        && (text[^1] == 'Z' || (text[^6] is (byte)'+' or (byte)'-' && text[^3] == ':'));
}
