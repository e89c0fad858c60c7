namespace Vexa.Workspaces;

/// <summary>Merges Markdown section by section: what two people did in two sections, or to two of them, is no conflict.</summary>
internal static class MarkdownMerge
{
    /// <param name="settle">For stretches of one section that both sides changed.</param>
    /// <returns>Null where it is a conflict, or where it cannot be told which section is which.</returns>
    public static string? Merge(IEnumerable<string> based, IEnumerable<string> ours, IEnumerable<string> theirs, ThreeWay.Settle settle)
    {
        var (o, t) = (Section.Parse(ours), Section.Parse(theirs));
        if (Merge(Section.Parse(based), o, t, settle) is not { } merged)
            return null;

        SeparateStrangers(merged, o, t);
        var text = merged.Text;
        // A fence that one side opened may swallow what the other wrote, or a heading come under another one: then nobody wrote this text.
        return Outline(Section.Parse(Lines.Split(text))).SequenceEqual(Outline(merged)) ? text : null;
    }

    private static Section? Merge(Section? based, Section ours, Section theirs, ThreeWay.Settle settle)
    {
        if (ThreeWay.Merge(based?.Own ?? [], ours.Own, theirs.Own, settle) is not { } own
            || KeyedMerge.Merge(based?.Parts ?? [], ours.Parts, theirs.Parts, part => part.Name, part => part.Text, (b, o, t) => Merge(b, o, t, settle)) is not { } parts)
            return null;

        return ours with { Own = own, Gap = Gap(based?.Gap ?? [], ours.Gap, theirs.Gap), Parts = parts };
    }

    private static List<string> Gap(List<string> based, List<string> ours, List<string> theirs) =>
        theirs.SequenceEqual(based) ? ours : ours.SequenceEqual(based) || theirs.Count > ours.Count ? theirs : ours;

    // An empty line between two sections that follow each other only now.
    private static void SeparateStrangers(Section merged, Section ours, Section theirs)
    {
        var neighbours = Neighbours(ours).Concat(Neighbours(theirs)).ToHashSet();
        foreach (var (before, after) in merged.All.Zip(merged.All.Skip(1)))
            if (before.Gap.Count == 0 && before.Own is [.., var last] && !neighbours.Contains((before.Name, after.Name)))
                before.Gap.Add(last.EndsWith("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n");
    }

    private static IEnumerable<(string, string)> Neighbours(Section root) => root.All.Zip(root.All.Skip(1)).Select(pair => (pair.First.Name, pair.Second.Name));

    private static IEnumerable<(string Name, int Depth, string Own)> Outline(Section section, int depth = 0) =>
        section.Parts.SelectMany(part => Outline(part, depth + 1)).Prepend((section.Name, depth, string.Concat(section.Own)));
}
