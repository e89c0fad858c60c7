using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces.Merging;

/// <summary>What holds for every merge, whoever wrote what.</summary>
public sealed class MergePropertyTests
{
    private static readonly string[] Paths = ["notes.md", "a/index.md"];
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(1500);

    [Fact]
    public void Who_did_nothing_does_not_matter() => ForAll((notes, path) =>
    {
        var based = notes.Note();
        var edited = notes.Edit(based);
        var mine = Merge(path, based, edited, based);
        return (mine is null || mine == edited) && Merge(path, based, based, edited) == mine && (mine is not null || HasTwoOfOneName(based, edited));
    });

    [Fact]
    public void What_both_did_is_done_once() => ForAll((notes, path) =>
    {
        var based = notes.Note();
        var edited = notes.Edit(based);
        return Merge(path, based, edited, edited) is var merged && (merged == edited || (merged is null && HasTwoOfOneName(based, edited)));
    });

    [Fact]
    public void Who_came_first_decides_about_the_order_and_nothing_else() => ForAll((notes, path) =>
    {
        var based = notes.Note();
        var (ours, theirs) = (notes.Edit(based), notes.Edit(based));
        var (one, other) = (Merge(path, based, ours, theirs), Merge(path, based, theirs, ours));
        return one is null ? other is null : other is not null && Written(one).Order().SequenceEqual(Written(other).Order());
    });

    [Fact]
    public void A_merge_that_is_done_again_changes_nothing() => ForAll((notes, path) =>
    {
        var based = notes.Note();
        var (ours, theirs) = (notes.Edit(based), notes.Edit(based));
        return Merge(path, based, ours, theirs) is not { } merged || Merge(path, based, merged, theirs) is var again && (again is null || again == merged);
    });

    [Fact]
    public void Every_line_that_anybody_wrote_is_on_the_trunk_or_in_a_proposal() => ForAll((notes, path) =>
    {
        var history = new List<string> { notes.Note() };
        for (var commit = 0; commit < 6; commit++)
        {
            var based = history[notes.Next(history.Count)];
            var (trunk, work) = (history[^1], notes.Edit(based));
            // What conflicts stays as it is, beside the trunk.
            if (Merge(path, based, trunk, work) is not { } merged)
                continue;

            var (before, ours, theirs, after) = (Written(based), Written(trunk), Written(work), Written(merged));
            if (!after.IsSupersetOf(ours.Except(before)) || !after.IsSupersetOf(theirs.Except(before)) || !after.IsSupersetOf(before.Intersect(ours).Intersect(theirs)))
                return false;
            // Nor does anything come back that one of them removed.
            if (!after.IsSubsetOf(ours.Union(theirs)) || before.Except(ours).Except(theirs).Any(after.Contains))
                return false;

            history.Add(merged);
        }

        return true;
    });

    [Fact]
    public void Much_that_two_people_do_is_merged_and_not_all()
    {
        var merged = 0;
        for (var seed = 0; seed < 500; seed++)
        {
            var notes = new RandomNotes(seed);
            var based = notes.Note();
            merged += Merge(Paths[seed % 2], based, notes.Edit(based), notes.Edit(based)) is null ? 0 : 1;
        }

        Assert.InRange(merged, 100, 450);
    }

    [Fact]
    public void Texts_that_have_nothing_in_common_are_a_conflict_and_take_no_time()
    {
        string Text(string name) => string.Concat(Enumerable.Range(0, 50_000).Select(i => $"{name} {i}\n"));
        Assert.Null(Merge("index.md", Text("a"), Text("b"), Text("c")));
        Assert.NotNull(Merge("index.md", Text("- a"), Text("- a") + "- b\n", Text("- a") + "- c\n"));
    }

    [Fact]
    public void A_match_is_the_same_line_and_they_follow_each_other() => Prop.ForAll<int[], int[]>((one, other) =>
    {
        string[] from = [.. one.Select(n => $"{n % 4}")], to = [.. other.Select(n => $"{n % 4}")];
        var matches = LineDiff.Match(from, to)!;
        var found = matches.Select((at, i) => (at, i)).Where(m => m.at != LineDiff.NoMatch).ToList();
        return found.TrueForAll(m => from[m.i] == to[m.at]) && found.Zip(found.Skip(1)).All(pair => pair.First.at < pair.Second.at) && found.Count == LongestCommon(from, to);
    }).Check(Many);

    private static int LongestCommon(string[] from, string[] to)
    {
        var longest = new int[from.Length + 1, to.Length + 1];
        for (var i = 1; i <= from.Length; i++)
            for (var j = 1; j <= to.Length; j++)
                longest[i, j] = from[i - 1] == to[j - 1] ? longest[i - 1, j - 1] + 1 : Math.Max(longest[i - 1, j], longest[i, j - 1]);

        return longest[from.Length, to.Length];
    }

    private static void ForAll(Func<RandomNotes, string, bool> holds) =>
        Prop.ForAll<int, bool>((seed, isIndex) => holds(new RandomNotes(seed * 2 + (isIndex ? 1 : 0)), Paths[isIndex ? 1 : 0])).Check(Many);

    private static HashSet<string> Written(string text) => [.. text.Split('\n').Where(line => line.Length > 0)];

    // Then nothing is merged, not even what only one side did. git asks only where both did something.
    private static bool HasTwoOfOneName(params string[] texts) => texts.Any(text =>
        Section.Parse(Lines.Split(text)).All.Any(section => section.Parts.DistinctBy(part => part.Name).Count() != section.Parts.Count));

    private static string? Merge(string path, string based, string ours, string theirs) =>
        StructuredMerge.Merge(path, Encoding.UTF8.GetBytes(based), Encoding.UTF8.GetBytes(ours), Encoding.UTF8.GetBytes(theirs)) is { } merged ? Encoding.UTF8.GetString(merged) : null;
}
