using System.Text.RegularExpressions;

namespace Vexa.Workspaces;

/// <summary>
/// Merges a stretch of a listing, where each line stands for itself: what both sides added is kept, what one side removed goes, and only
/// where both worked on the very same line it is a conflict.
/// </summary>
internal static partial class ListMerge
{
    public static IReadOnlyList<string>? Settle(IReadOnlyList<string> based, IReadOnlyList<string> ours, IReadOnlyList<string> theirs)
    {
        // Both began the listing, and with the same lines.
        var head = based.Count > 0 ? 0 : ours.Zip(theirs).TakeWhile(pair => pair.First == pair.Second).Count();
        var tail = based.Count > 0 ? 0 : ours.Skip(head).Reverse().Zip(theirs.Skip(head).Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        IReadOnlyList<string> mine = [.. ours.Skip(head).SkipLast(tail)], yours = [.. theirs.Skip(head).SkipLast(tail)];
        return IsListing(based, mine, yours) && Merge(based, mine, yours) is { } merged ? [.. ours.Take(head), .. merged, .. ours.TakeLast(tail)] : null;
    }

    // With another indentation it would depend on the order which item is below which; and a number says a place.
    private static bool IsListing(params IReadOnlyList<string>[] all)
    {
        var matches = all.SelectMany(lines => lines).Select(line => ItemRule().Match(line)).ToList();
        return matches.TrueForAll(match => match.Success && match.Groups[1].Value == matches[0].Groups[1].Value)
            && Array.TrueForAll(all, lines => lines.Distinct(StringComparer.Ordinal).Count() == lines.Count);
    }

    private static List<string>? Merge(IReadOnlyList<string> based, IReadOnlyList<string> ours, IReadOnlyList<string> theirs)
    {
        if (Edits.Of(based, ours) is not { } mine || Edits.Of(based, theirs) is not { } yours)
            return null;

        // A line that both added, wherever, is there once.
        var addedByUs = ours.Except(based, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        var merged = new List<string>();
        for (var i = 0; i <= based.Count; i++)
        {
            merged.AddRange(mine.Before[i]);
            merged.AddRange(yours.Before[i].Where(line => !addedByUs.Contains(line)));
            if (i == based.Count)
                break;

            var fates = (mine.Fates[i], yours.Fates[i]);
            if (fates is (Fate.Changed, Fate.Removed) or (Fate.Removed, Fate.Changed) or (Fate.Changed, Fate.Changed))
                return null;
            if (fates is (Fate.Kept, Fate.Kept))
                merged.Add(based[i]);
        }

        return merged.Distinct(StringComparer.Ordinal).Count() == merged.Count ? merged : null;
    }

    private enum Fate { Kept, Removed, Changed }

    /// <param name="Fates">Of each line.</param>
    /// <param name="Before">What came in before each line, and at the end.</param>
    private sealed record Edits(Fate[] Fates, List<string>[] Before)
    {
        public static Edits? Of(IReadOnlyList<string> from, IReadOnlyList<string> to)
        {
            if (LineDiff.Match(from, to) is not { } matches)
                return null;

            var (fates, before) = (new Fate[from.Count], new List<string>[from.Count + 1]);
            for (int i = 0, at = 0; i <= from.Count;)
            {
                var end = i;
                while (end < from.Count && matches[end] == LineDiff.NoMatch)
                    end++;

                var next = end < from.Count ? matches[end] : to.Count;
                before[i] = [.. to.Skip(at).Take(next - at)];
                // Where lines go and lines come in one place, nobody can tell which of them are the same ones, changed.
                Array.Fill(fates, before[i].Count > 0 ? Fate.Changed : Fate.Removed, i, end - i);
                for (var gone = i + 1; gone <= end; gone++)
                    before[gone] = [];

                (i, at) = (end + 1, next + 1);
            }

            return new Edits(fates, before);
        }
    }

    [GeneratedRegex(@"\A([ \t]*[-*+][ \t]+)\S")]
    private static partial Regex ItemRule();
}
