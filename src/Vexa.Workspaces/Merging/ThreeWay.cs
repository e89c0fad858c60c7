namespace Vexa.Workspaces;

/// <summary>
/// Merges lines as diff3 does (Khanna, Kunal, Pierce, "A Formal Investigation of Diff3", 2007). Lines that all three have hold it together;
/// between them, whoever changed something wins over who did not, and where both did, and differently, it is a conflict.
/// </summary>
internal static class ThreeWay
{
    /// <summary>Says what becomes of a stretch that both sides changed; null where it is a conflict.</summary>
    public delegate IReadOnlyList<string>? Settle(IReadOnlyList<string> based, IReadOnlyList<string> ours, IReadOnlyList<string> theirs);

    public static IReadOnlyList<string>? NeverSettle(IReadOnlyList<string> based, IReadOnlyList<string> ours, IReadOnlyList<string> theirs) => null;

    /// <returns>Null where it is a conflict.</returns>
    public static List<string>? Merge(IReadOnlyList<string> based, IReadOnlyList<string> ours, IReadOnlyList<string> theirs, Settle settle)
    {
        if (LineDiff.Match(based, ours) is not { } inOurs || LineDiff.Match(based, theirs) is not { } inTheirs)
            return null;

        var merged = new List<string>();
        int o = 0, a = 0, b = 0;
        while (true)
        {
            var next = o;
            while (next < based.Count && (inOurs[next] == LineDiff.NoMatch || inTheirs[next] == LineDiff.NoMatch))
                next++;

            var (endOfOurs, endOfTheirs) = next < based.Count ? (inOurs[next], inTheirs[next]) : (ours.Count, theirs.Count);
            if (Stretch(Part(based, o, next), Part(ours, a, endOfOurs), Part(theirs, b, endOfTheirs), settle) is not { } stretch)
                return null;

            merged.AddRange(stretch);
            if (next == based.Count)
                return merged;

            merged.Add(based[next]);
            (o, a, b) = (next + 1, endOfOurs + 1, endOfTheirs + 1);
        }
    }

    private static IReadOnlyList<string>? Stretch(List<string> based, List<string> ours, List<string> theirs, Settle settle) =>
        ours.SequenceEqual(theirs) || theirs.SequenceEqual(based) ? ours
        : ours.SequenceEqual(based) ? theirs
        : settle(based, ours, theirs);

    private static List<string> Part(IReadOnlyList<string> lines, int start, int end) => [.. lines.Skip(start).Take(end - start)];
}
