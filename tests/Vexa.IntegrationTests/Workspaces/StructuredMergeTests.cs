namespace Vexa.IntegrationTests.Workspaces;

/// <summary>What git's merge by lines would refuse, and nobody meant as a conflict.</summary>
public sealed class StructuredMergeTests : WorkspaceFixture
{
    [Fact]
    public async Task Entries_that_two_dispatches_add_to_one_index_are_both_on_the_trunk()
    {
        await Land("d0", ("index.md", "---\ntitle: T\nstatus: open\n---\n# Index\n\n- [a](a.md)\n"));
        var (first, second) = await Both(
            [("index.md", "---\ntitle: New\nstatus: open\n---\n# Index\n\n- [a](a.md)\n- [one](one.md)\n"), ("fresh/index.md", "# Fresh\n\n- one\n")],
            [("index.md", "---\ntitle: T\nstatus: done\n---\n# Index\n\n- [a](a.md)\n- [two](two.md)\n"), ("fresh/index.md", "# Fresh\n\n- two\n")]);

        Assert.Null(second.ProposalRef);
        Assert.Equal("---\ntitle: New\nstatus: done\n---\n# Index\n\n- [a](a.md)\n- [one](one.md)\n- [two](two.md)\n", await Read("index.md", store: NewStore("other-machine")));
        Assert.Equal("# Fresh\n\n- one\n- two\n", await Read("fresh/index.md"));
        Assert.Equal(second.Sha, await Store.Tip(Notes, Stop));
        Assert.Equal((first.Sha, 2, 3, 1), (second.Parent, second.Files, second.Insertions, second.Deletions));
    }

    [Fact]
    public async Task One_file_that_stays_a_conflict_makes_all_of_it_a_proposal()
    {
        var (first, second) = await Both([("index.md", "- one\n"), ("a/one.md", "one\nONE\nthree\n")], [("index.md", "- two\n"), ("a/one.md", "one\nTWO\nthree\n")]);

        Assert.Equal("refs/proposals/d2", second.ProposalRef);
        Assert.Equal("Conflicts with the trunk in a/one.md, index.md", second.Reason);
        Assert.Equal(first.Sha, await Store.Tip(Notes, Stop));
        Assert.Equal("- two\n", await Read("index.md", second.Sha));
    }

    [Fact]
    public async Task Fifty_files_are_merged_at_once()
    {
        await Land("d0", [.. Enumerable.Range(0, 50).Select(i => ($"{i}/index.md", $"# {i}\n\n- a\n"))]);
        var (_, second) = await Both(
            [.. Enumerable.Range(0, 50).Select(i => ($"{i}/index.md", $"# {i}\n\n- a\n- one\n"))], [.. Enumerable.Range(0, 50).Select(i => ($"{i}/index.md", $"# {i}\n\n- a\n- two\n"))]);

        Assert.Null(second.ProposalRef);
        for (var i = 0; i < 50; i++)
            Assert.Equal($"# {i}\n\n- a\n- one\n- two\n", await Read($"{i}/index.md"));
    }

    [Fact]
    public async Task A_file_that_one_removed_and_the_other_changed_is_a_proposal()
    {
        await Land("d0", ("index.md", "- a\n"));
        var (one, two) = (await NewAgent("d1"), await NewAgent("d2"));
        File.Delete(one.PathOf("index.md"));
        two.Write("index.md", "- a\n- b\n");
        await one.Commit("t1");
        await two.Commit("t1");
        await one.Send(Store, Notes, "t1");

        Assert.Equal("refs/proposals/d2", (await two.Send(Store, Notes, "t1")).ProposalRef);
    }

    private async Task<(CommitResult First, CommitResult Second)> Both((string Path, string Text)[] first, (string Path, string Text)[] second)
    {
        var (one, two) = (await NewAgent("d1"), await NewAgent("d2"));
        foreach (var (path, text) in first)
            one.Write(path, text);
        foreach (var (path, text) in second)
            two.Write(path, text);
        await one.Commit("t1");
        await two.Commit("t1");
        return (await one.Send(Store, Notes, "t1"), await two.Send(Store, Notes, "t1"));
    }

    private async Task Land(string dispatch, params (string Path, string Text)[] files)
    {
        var agent = await NewAgent(dispatch);
        foreach (var (path, text) in files)
            agent.Write(path, text);
        await agent.Commit("t1");
        await agent.Send(Store, Notes, "t1");
    }
}
