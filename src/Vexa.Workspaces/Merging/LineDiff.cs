namespace Vexa.Workspaces;

/// <summary>
/// The shortest way from one list of lines to another (Myers, "An O(ND) Difference Algorithm", 1986), as matches: for each line of the
/// first, where it is in the second.
/// </summary>
internal static class LineDiff
{
    /// <summary>Its memory and time grow with the square of this; texts that differ in more lines are too different to be merged.</summary>
    private const int MostEdits = 2000;

    public const int NoMatch = -1;

    /// <returns>Null where they differ too much.</returns>
    public static int[]? Match(IReadOnlyList<string> from, IReadOnlyList<string> to)
    {
        var matches = new int[from.Count];
        Array.Fill(matches, NoMatch);
        var head = 0;
        for (; head < from.Count && head < to.Count && from[head] == to[head]; head++)
            matches[head] = head;

        var (fromEnd, toEnd) = (from.Count, to.Count);
        while (fromEnd > head && toEnd > head && from[fromEnd - 1] == to[toEnd - 1])
            matches[--fromEnd] = --toEnd;

        return FillMiddle(matches, from, to, head, fromEnd - head, toEnd - head) ? matches : null;
    }

    private static bool FillMiddle(int[] matches, IReadOnlyList<string> from, IReadOnlyList<string> to, int head, int fromCount, int toCount)
    {
        // furthest[k + d] of step d: how far along the first list one gets on diagonal k with d edits.
        var steps = new List<int[]>();
        var most = Math.Min(fromCount + toCount, MostEdits);
        for (var d = 0; d <= most; d++)
        {
            var furthest = new int[2 * d + 1];
            for (var k = -d; k <= d; k += 2)
            {
                var x = d == 0 ? 0 : Start(steps[d - 1], k, d - 1);
                var y = x - k;
                for (; x < fromCount && y < toCount && x >= 0 && y >= 0 && from[head + x] == to[head + y]; x++, y++)
                    ;

                furthest[k + d] = x;
                if (x < fromCount || y < toCount)
                    continue;

                steps.Add(furthest);
                WalkBack(matches, steps, head, fromCount, toCount);
                return true;
            }

            steps.Add(furthest);
        }

        return false;
    }

    // One edit from the step before (of so many edits) onto diagonal k: a line of the second list comes in, or one of the first goes.
    private static int Start(int[] before, int k, int edits) => ComesIn(before, k, edits) ? before[k + 1 + edits] : before[k - 1 + edits] + 1;

    private static bool ComesIn(int[] before, int k, int edits) =>
        k == -(edits + 1) || (k != edits + 1 && before[k - 1 + edits] < before[k + 1 + edits]);

    private static void WalkBack(int[] matches, List<int[]> steps, int head, int x, int y)
    {
        for (var d = steps.Count - 1; d >= 0; d--)
        {
            var k = x - y;
            var start = d == 0 ? 0 : Start(steps[d - 1], k, d - 1);
            while (x > start)
                matches[head + --x] = head + --y;

            if (d > 0 && ComesIn(steps[d - 1], k, d - 1))
                y--;
            else
                x--;
        }
    }
}
