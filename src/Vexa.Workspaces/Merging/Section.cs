using System.Text.RegularExpressions;

namespace Vexa.Workspaces;

/// <summary>A heading of a Markdown text, with what stands below it and the sections in it.</summary>
/// <param name="Level">0 for the text itself, which has no heading.</param>
/// <param name="Title">As it is written, without its marks.</param>
internal sealed partial record Section(int Level, string Title)
{
    /// <summary>The heading's own lines, then what stands below it.</summary>
    public List<string> Own { get; init; } = [];

    /// <summary>Empty lines at the end of <see cref="Own"/>: they come and go with what follows, and nobody means them.</summary>
    public List<string> Gap { get; init; } = [];

    public List<Section> Parts { get; init; } = [];

    /// <summary>Among the parts of the same section; with the names above it, which section this is.</summary>
    public string Name => $"{Level} {Title}";

    public IEnumerable<Section> All => Parts.SelectMany(part => part.All).Prepend(this);

    public string Text => string.Concat(All.SelectMany(section => section.Own.Concat(section.Gap)));

    /// <summary>Takes a text apart.</summary>
    public static Section Parse(IEnumerable<string> lines)
    {
        var root = new Section(0, "");
        var open = new Stack<Section>([root]);
        var state = new BlockState();
        foreach (var line in lines)
        {
            if (state.Read(line) is { } heading)
            {
                var paragraph = open.Peek().Own[^heading.LinesBefore..];
                open.Peek().Own.RemoveRange(open.Peek().Own.Count - heading.LinesBefore, heading.LinesBefore);
                while (open.Peek().Level >= heading.Level)
                    open.Pop();

                var section = new Section(heading.Level, heading.Title ?? string.Concat(paragraph).Trim()) { Own = paragraph };
                open.Peek().Parts.Add(section);
                open.Push(section);
            }

            open.Peek().Own.Add(line);
        }

        foreach (var section in root.All)
            section.SplitGap();

        return root;
    }

    private void SplitGap()
    {
        var end = Own.Count;
        while (end > 0 && Lines.IsBlank(Own[end - 1]))
            end--;

        Gap.AddRange(Own[end..]);
        Own.RemoveRange(end, Own.Count - end);
    }

    /// <param name="Title">Null where it is the lines before.</param>
    /// <param name="LinesBefore">So many lines above this one belong to the heading.</param>
    private sealed record Heading(int Level, string? Title, int LinesBefore);

    // What of CommonMark's blocks decides whether a line is a heading: fences, HTML that goes on over empty lines, paragraphs.
    private sealed partial class BlockState
    {
        private string? _fence;
        private string? _html;
        private int _paragraph;

        public Heading? Read(string line)
        {
            var text = line.TrimEnd();
            if (_fence is { } fence)
            {
                if (FenceRule().Match(text) is { Success: true } end && end.Groups[1].Value.StartsWith(fence, StringComparison.Ordinal) && end.Groups[2].Length == 0)
                    _fence = null;
                return null;
            }

            if (_html is { } closing)
            {
                if (text.Contains(closing, StringComparison.OrdinalIgnoreCase))
                    _html = null;
                return null;
            }

            var paragraph = _paragraph;
            _paragraph = 0;
            if (FenceRule().Match(text) is { Success: true } start && (start.Groups[1].Value[0] == '~' || !start.Groups[2].Value.Contains('`', StringComparison.Ordinal)))
            {
                _fence = start.Groups[1].Value;
                return null;
            }

            if (HtmlRule().Match(text) is { Success: true } html)
            {
                var ends = html.Groups[1].Success ? "-->" : $"</{html.Groups[2].Value}>";
                _html = text.AsSpan(html.Length).Contains(ends, StringComparison.OrdinalIgnoreCase) ? null : ends;
                return null;
            }

            if (AtxRule().Match(text) is { Success: true } atx)
                return new Heading(atx.Groups[1].Length, TitleOf(text[atx.Length..].Trim()), 0);
            if (paragraph > 0 && UnderlineRule().Match(text) is { Success: true } underline)
                return new Heading(underline.Groups[1].Value[0] == '=' ? 1 : 2, null, paragraph);

            _paragraph = Lines.IsBlank(text) || (paragraph == 0 && NoParagraphRule().IsMatch(text)) ? 0
                : OtherBlockRule().IsMatch(text) ? 0
                : paragraph + 1;
            return null;
        }

        // Marks at the end belong to the heading where a space is before them, or nothing.
        private static string TitleOf(string text)
        {
            var title = text.TrimEnd('#');
            return title.Length == 0 || char.IsWhiteSpace(title[^1]) ? title.TrimEnd() : text;
        }

        // An agent writes what these read: none of them may try one place of a line more than a few times.
        [GeneratedRegex(@"\A {0,3}(`{3,}|~{3,})(.*)\z")]
        private static partial Regex FenceRule();

        [GeneratedRegex(@"\A {0,3}(?:(<!--)|<(script|pre|style|textarea)(?=[\s>]|\z))", RegexOptions.IgnoreCase)]
        private static partial Regex HtmlRule();

        [GeneratedRegex(@"\A {0,3}(#{1,6})(?=[ \t]|\z)")]
        private static partial Regex AtxRule();

        [GeneratedRegex(@"\A {0,3}(=+|-+)\z")]
        private static partial Regex UnderlineRule();

        // Code by its indentation begins no paragraph, but goes on with one.
        [GeneratedRegex(@"\A(?: {4}|\t)")]
        private static partial Regex NoParagraphRule();

        [GeneratedRegex(@"\A\s*(?:>|[-*+](?:\s|\z)|[0-9]{1,9}[.)](?:\s|\z)|\|)")]
        private static partial Regex OtherBlockRule();
    }
}
