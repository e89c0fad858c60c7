using System.Text.RegularExpressions;

namespace Vexa.Workspaces;

/// <summary>
/// The YAML at the top of a text, between two lines of <c>---</c>, as blocks of lines: one for each key, with the comments above it. Nothing
/// is ever written anew; a block is the lines that somebody wrote. What this does not understand, it does not merge.
/// </summary>
internal static partial class FrontMatter
{
    /// <summary>Number of lines of it, both marks included; 0 where there is none.</summary>
    public static int Length(IReadOnlyList<string> lines)
    {
        if (lines.Count == 0 || lines[0].TrimEnd() != "---")
            return 0;

        for (var i = 1; i < lines.Count; i++)
            if (lines[i].TrimEnd() is "---" or "...")
                return i + 1;

        return 0;
    }

    /// <summary>Merges three of them, each whole or empty; null where it is a conflict.</summary>
    public static IReadOnlyList<string>? Merge(IReadOnlyList<string> based, IReadOnlyList<string> ours, IReadOnlyList<string> theirs)
    {
        if (ours.SequenceEqual(theirs) || theirs.SequenceEqual(based))
            return ours;
        if (ours.SequenceEqual(based))
            return theirs;
        // One side made it text without a front matter, and the other worked on it.
        if (ours.Count == 0 || theirs.Count == 0 || Fence(based, ours, theirs) is not { } fence)
            return null;

        if (Blocks(based) is not { } b || Blocks(ours) is not { } o || Blocks(theirs) is not { } t)
            return null;

        return KeyedMerge.Merge(b, o, t, block => block.Key, block => string.Concat(block.Lines), Merge) is { } merged
            ? [fence.First, .. merged.SelectMany(block => block.Lines), fence.Last]
            : null;
    }

    private static Block? Merge(Block? based, Block ours, Block theirs) =>
        ThreeWay.Merge(based?.Lines ?? [], ours.Lines, theirs.Lines, ThreeWay.NeverSettle) is { } lines ? new Block(ours.Key, lines) : null;

    private static (string First, string Last)? Fence(IReadOnlyList<string> based, IReadOnlyList<string> ours, IReadOnlyList<string> theirs) =>
        ours[0] == theirs[0] && ours[^1] == theirs[^1] && (based.Count == 0 || (based[0] == ours[0] && based[^1] == ours[^1])) ? (ours[0], ours[^1]) : null;

    private static List<Block>? Blocks(IReadOnlyList<string> lines)
    {
        var blocks = new List<Block>();
        // Comments and empty lines: whether they belong to what is above or below is known only at the next line of another kind.
        var loose = new List<string>();
        foreach (var line in lines.Skip(1).SkipLast(1))
            if (Lines.IsBlank(line) || line[0] == '#')
                loose.Add(line);
            else if (KeyRule().Match(line) is { Success: true } key)
            {
                blocks.Add(new Block(key.Groups[1].Value, [.. loose, line]));
                loose.Clear();
            }
            else if (blocks.Count > 0 && (line[0] == ' ' || line.TrimEnd() == "-" || line.StartsWith("- ", StringComparison.Ordinal)))
            {
                blocks[^1].Lines.AddRange([.. loose, line]);
                loose.Clear();
            }
            else
                return null;

        if (loose.Count > 0)
            blocks.Add(new Block("#", loose));

        return blocks;
    }

    private sealed record Block(string Key, List<string> Lines);

    // Anchors, merge keys, quoted and complex keys are not among them.
    [GeneratedRegex(@"\A([A-Za-z0-9_][A-Za-z0-9_. /-]*):(?=\s)")]
    private static partial Regex KeyRule();
}
