using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Vexa.Schemas;

/// <summary>A text.</summary>
internal sealed class StringNode(int least, int most, Lazy<Regex>? pattern, string? description, bool isInstant) : SchemaNode
{
    public bool IsInstant => isInstant;

    public override bool Check(ref SchemaWalk walk) =>
        walk.Reader.TokenType == JsonTokenType.String ? Text.IsSound(ref walk) && CheckText(ref walk) : walk.Fail("is not a string");

    /// <summary>For a string, or for a name.</summary>
    public bool CheckText(ref SchemaWalk walk)
    {
        if (least == 0 && most == int.MaxValue && pattern is null && !isInstant)
            return true;

        var raw = walk.Reader.ValueSpan;
        if (!walk.Reader.ValueIsEscaped)
            return CheckText(ref walk, raw);

        var buffer = ArrayPool<byte>.Shared.Rent(raw.Length);
        try
        {
            return CheckText(ref walk, buffer.AsSpan(0, walk.Reader.CopyString(buffer)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool CheckText(ref SchemaWalk walk, scoped ReadOnlySpan<byte> text)
    {
        if (text.Length < least || text.Length > most)
        {
            var characters = Encoding.UTF8.GetCharCount(text) is var units && units == text.Length ? units : CountRunes(text);
            if (characters < least)
                return walk.Fail(least == 1 ? "is empty" : $"is shorter than {least} characters");
            if (characters > most)
                return walk.Fail($"is longer than {most} characters");
        }

        if (isInstant && !(Text.LooksLikeInstant(text) && walk.Reader.TryGetDateTimeOffset(out _)))
            return walk.Fail("is not a time with its zone (RFC 3339)");

        return pattern is null || Matches(text) || walk.Fail($"is not {description ?? "as it should be"}");
    }

    private bool Matches(scoped ReadOnlySpan<byte> text)
    {
        if (text.Length <= 256)
        {
            Span<char> few = stackalloc char[256];
            return pattern!.Value.IsMatch(few[..Encoding.UTF8.GetChars(text, few)]);
        }

        var many = ArrayPool<char>.Shared.Rent(text.Length);
        try
        {
            return pattern!.Value.IsMatch(many.AsSpan(0, Encoding.UTF8.GetChars(text, many)));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(many);
        }
    }

    // JSON Schema counts code points.
    private static int CountRunes(ReadOnlySpan<byte> text)
    {
        var count = 0;
        foreach (var b in text)
            count += (b & 0xC0) == 0x80 ? 0 : 1;

        return count;
    }
}
