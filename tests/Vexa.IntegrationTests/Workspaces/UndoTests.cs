using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

public sealed class UndoTests : WorkspaceFixture
{
    private static readonly SubjectId Bob = Id.Parse<SubjectId>("bob");

    [Fact]
    public async Task Work_is_taken_back_by_one_new_commit_and_later_work_stays()
    {
        var agent = await NewAgent();
        var first = await Turn(agent, "t1", "first.md", "1\n");
        var second = await Turn(agent, "t2", "a/one.md", "one\n2\nthree\n");
        var later = await Turn(agent, "t3", "later.md", "3\n");

        var result = await Store.Undo(Notes, [second, first], Bob, Stop);

        Assert.Equal((later, 2, 1, 2), (result.Parent, result.Files, result.Insertions, result.Deletions));
        Assert.Null(result.ProposalRef);
        Assert.Equal(result.Sha, await Store.Tip(Notes, Stop));
        Assert.Equal("one\ntwo\nthree\n", await Read("a/one.md"));
        Assert.Equal("3\n", await Read("later.md", store: NewStore("other-machine")));
        await Refused("unknown-path", () => Read("first.md"));
        var commit = (await Store.Log(Notes, 1, Stop)).Commits[0];
        Assert.Equal(("bob", "Undo 2 commits, the last: Turn t2"), (commit.Author, commit.Subject));
    }

    [Fact]
    public async Task A_merged_commit_is_taken_back_and_the_rest_of_the_merge_stays()
    {
        var (one, two) = (await NewAgent("d1"), await NewAgent("d2"));
        one.Write("one.md", "1\n");
        two.Write("two.md", "2\n");
        await one.Commit("t1");
        await two.Commit("t1");
        await one.Send(Store, Notes, "t1");
        var merge = await two.Send(Store, Notes, "t1");

        await Store.Undo(Notes, [merge.Sha], Bob, Stop);

        Assert.Equal("1\n", await Read("one.md"));
        await Refused("unknown-path", () => Read("two.md"));
    }

    [Fact]
    public async Task The_same_undo_twice_changes_nothing_more()
    {
        var commit = await Turn(await NewAgent(), "t1", "x.md", "x\n");
        var first = await Store.Undo(Notes, [commit], Bob, Stop);
        var second = await Store.Undo(Notes, [commit], Bob, Stop);

        Assert.Equal((first.Sha, 0), (second.Sha, second.Files));
        Assert.Equal(first.Sha, await Store.Tip(Notes, Stop));
    }

    [Fact]
    public async Task An_undo_that_conflicts_with_later_work_becomes_one_proposal()
    {
        var agent = await NewAgent();
        var first = await Turn(agent, "t1", "a/one.md", "one\nTWO\nthree\n");
        var later = await Turn(agent, "t2", "a/one.md", "one\nTWO and more\nthree\n");

        var result = await Store.Undo(Notes, [first], Bob, Stop);

        Assert.Equal(later, await Store.Tip(Notes, Stop));
        Assert.StartsWith("refs/proposals/undo.", result.ProposalRef, StringComparison.Ordinal);
        Assert.Equal("Conflicts with the trunk in a/one.md", result.Reason);
        Assert.Equal("one\ntwo\nthree\n", await Read("a/one.md", result.Sha, NewStore("other-machine")));
        Assert.Equal(result, await Store.Undo(Notes, [first], Bob, Stop));
    }

    [Fact]
    public async Task What_is_not_on_the_trunk_cannot_be_taken_back()
    {
        await Refused("unknown-commit", () => Store.Undo(Notes, [new string('1', 40)], Bob, Stop));
        await Refused("unknown-commit", () => Store.Undo(Notes, ["--help"], Bob, Stop));
        await Refused("first-commit", async () => await Store.Undo(Notes, [await Store.Tip(Notes, Stop)], Bob, Stop));
    }

    private async Task<string> Turn(Agent agent, string turn, string path, string content)
    {
        agent.Write(path, content);
        await agent.Commit(turn);
        var result = await agent.Send(Store, Notes, turn);
        await agent.Advance();
        return result.Sha;
    }
}
