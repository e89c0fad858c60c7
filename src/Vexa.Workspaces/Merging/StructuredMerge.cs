using System.Text;

namespace Vexa.Workspaces;

/// <summary>
/// Merges texts on which git's merge by lines conflicts, by what their lines mean: front matter by key, Markdown by section, an
/// <c>index.md</c> as a listing. Never a guess: whatever is not plainly two independent pieces of work stays a conflict.
/// </summary>
internal static class StructuredMerge
{
    /// <summary>In bytes; a larger text stays a conflict.</summary>
    public const int LargestText = 1024 * 1024;

    /// <param name="path">Says what kind of text it is.</param>
    /// <param name="based">Null where both sides added the file.</param>
    /// <returns>Null where it is a conflict.</returns>
    public static byte[]? Merge(string path, ReadOnlyMemory<byte>? based, ReadOnlyMemory<byte> ours, ReadOnlyMemory<byte> theirs)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        var isIndex = name.Equals("index.md", StringComparison.OrdinalIgnoreCase);
        if (!name.EndsWith(".md", StringComparison.OrdinalIgnoreCase) || (based is null && !isIndex))
            return null;

        return Decode(based ?? default) is { } b && Decode(ours) is { } o && Decode(theirs) is { } t && OneLineEnd(b, o, t) is { } lineEnd
            ? Merge(b, o, t, lineEnd, isIndex ? ListMerge.Settle : ThreeWay.NeverSettle) is { } merged ? StrictUtf8.GetBytes(merged) : null
            : null;
    }

    private static string? Merge(string based, string ours, string theirs, string lineEnd, ThreeWay.Settle settle)
    {
        // A text that ends in the middle of a line is merged as if it did not, else its last line could be glued to another.
        var (bases, mine, yours) = (Ended(based, lineEnd), Ended(ours, lineEnd), Ended(theirs, lineEnd));
        var (b, o, t) = (FrontMatter.Length(bases), FrontMatter.Length(mine), FrontMatter.Length(yours));
        if (FrontMatter.Merge(bases[..b], mine[..o], yours[..t]) is not { } front
            || MarkdownMerge.Merge(bases[b..], mine[o..], yours[t..], settle) is not { } body)
            return null;

        var merged = string.Concat(front) + body;
        var isOpen = IsOpen(ours) == IsOpen(theirs) ? IsOpen(ours) : !IsOpen(based);
        return isOpen && merged.EndsWith(lineEnd, StringComparison.Ordinal) ? merged[..^lineEnd.Length] : merged;
    }

    private static List<string> Ended(string text, string lineEnd) => Lines.Split(IsOpen(text) ? text + lineEnd : text);

    private static bool IsOpen(string text) => text.Length > 0 && text[^1] != '\n';

    private static string? OneLineEnd(params string[] texts)
    {
        var lines = texts.Sum(text => text.Count(c => c == '\n'));
        var returns = texts.Sum(text => text.Count(c => c == '\r'));
        var both = texts.Sum(text => Lines.Split(text).Count(line => line.EndsWith("\r\n", StringComparison.Ordinal)));
        return returns == 0 ? "\n" : returns == both && both == lines ? "\r\n" : null;
    }

    private static string? Decode(ReadOnlyMemory<byte> content)
    {
        if (content.Length > LargestText)
            return null;

        try
        {
            var text = StrictUtf8.GetString(content.Span);
            return text.StartsWith('\ufeff') || text.Contains('\0', StringComparison.Ordinal) || HasMarkers(text) ? null : text;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // Somebody's unfinished merge.
    private static bool HasMarkers(string text) =>
        text.StartsWith("<<<<<<< ", StringComparison.Ordinal) || text.Contains("\n<<<<<<< ", StringComparison.Ordinal)
        || text.StartsWith(">>>>>>> ", StringComparison.Ordinal) || text.Contains("\n>>>>>>> ", StringComparison.Ordinal);

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
}
