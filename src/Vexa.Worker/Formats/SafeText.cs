using System.Text;
using System.Text.Json;

namespace Vexa.Worker.Formats;

/// <summary>Makes text from an untrusted CLI harmless to whoever shows it: no escape sequences, control characters or broken UTF-16.</summary>
internal static class SafeText
{
    private const string Cut = "… [cut]";

    public static string Of(ReadOnlySpan<byte> utf8) => Of(Encoding.UTF8.GetString(utf8));

    public static string Of(string text)
    {
        for (var i = 0; i < text.Length; i++)
            if (!IsPlain(text[i]))
                return Clean(text, i);
        return text;
    }

    /// <summary>Harmless and at most <paramref name="max"/> characters, with a mark where something was cut off.</summary>
    public static string Of(string text, int max) => Shorten(Of(text.Length > max * 4 ? text[..(max * 4)] : text), max);

    /// <summary>At most <paramref name="max"/> characters; never half of a surrogate pair.</summary>
    public static string Shorten(string text, int max)
    {
        if (text.Length <= max)
            return text;
        var keep = Math.Max(0, max - Cut.Length);
        if (keep > 0 && char.IsHighSurrogate(text[keep - 1]))
            keep--;
        return text[..keep] + Cut;
    }

    /// <summary>A JSON string's text; null where it is no string. An escape that is no Unicode (a lone surrogate) is replaced.</summary>
    public static string? Of(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return Of(value.GetString()!);
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }

    private static bool IsPlain(char c) => c is '\n' or '\t' or (>= ' ' and < '\u007F') or (> '\u009F' and not (>= '\uD800' and <= '\uDFFF'));

    private static string Clean(string text, int from)
    {
        var clean = new StringBuilder(text, 0, from, text.Length);
        for (var i = from; i < text.Length; i++)
        {
            var c = text[i];
            if (IsPlain(c))
                clean.Append(c);
            else if (c == '\u001B')
                i = EndOfEscape(text, i);
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                clean.Append(c).Append(text[++i]);
            else if (char.IsSurrogate(c) || c == '\0')
                clean.Append('\uFFFD');
            // Other control characters, carriage returns too, just vanish.
        }

        return clean.ToString();
    }

    /// <summary>Index of the last character of the ANSI sequence that begins at <paramref name="at"/> (ECMA-48: CSI, OSC, two-character).</summary>
    private static int EndOfEscape(string text, int at)
    {
        if (at + 1 >= text.Length)
            return at;

        var i = at + 2;
        switch (text[at + 1])
        {
            case '[':
                while (i < text.Length && text[i] is >= '\u0020' and <= '\u003F')
                    i++;
                return Math.Min(i, text.Length - 1);
            case ']' or 'P' or '_' or '^':
                while (i < text.Length && text[i] is not ('\u0007' or '\u001B' or '\n'))
                    i++;
                // Left open, it is not swallowed beyond its line.
                return i < text.Length && text[i] == '\u001B' && i + 1 < text.Length && text[i + 1] == '\\' ? i + 1
                    : i < text.Length && text[i] == '\u0007' ? i : i - 1;
            default:
                return at + 1;
        }
    }
}
