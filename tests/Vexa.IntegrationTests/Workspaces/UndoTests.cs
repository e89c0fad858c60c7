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
    public async Task The_session_file_that_later_turns_wrote_on_in_does_not_stand_in_the_way_and_stays()
    {
        var agent = await NewAgent();
        agent.Write(".vexa/sessions/s.jsonl", "first\n");
        var first = await Turn(agent, "t1", "customers/acme.md", "renewed\n");
        agent.Write(".vexa/sessions/s.jsonl", "first\nsecond\n");
        var second = await Turn(agent, "t2", "b.md", "b\n");

        var result = await Store.Undo(Notes, [first], Bob, Stop);

        Assert.Null(result.ProposalRef);
        Assert.Equal((second, 1), (result.Parent, result.Files));
        await Refused("unknown-path", () => Read("customers/acme.md"));
        Assert.Equal("first\nsecond\n", await Read(".vexa/sessions/s.jsonl"));
    }

    [Fact]
    public async Task Of_a_turn_that_only_spoke_nothing_is_left_to_take_back()
    {
        var commit = await Turn(await NewAgent(), "t1", ".vexa/sessions/s.jsonl", "said\n");
        var result = await Store.Undo(Notes, [commit], Bob, Stop);

        Assert.Equal((commit, 0, "Nothing of it is left to take back"), (result.Sha, result.Files, result.Reason));
    }

    [Fact]
    public async Task What_was_taken_back_before_is_known_again_after_later_work_that_looks_like_it()
    {
        var agent = await NewAgent();
        var first = await Turn(agent, "t1", "customers/acme.md", "one\ntwo\nthree\nfour\n");
        var undone = await Store.Undo(Notes, [first], Bob, Stop);
        var other = await NewAgent("d2");
        await Turn(other, "t1", "customers/globex.md", "one\ntwo\nthree\nfour\n");
        await Turn(other, "t2", "customers/acme.md", "again\n");
        var tip = await Store.Tip(Notes, Stop);

        var again = await Store.Undo(Notes, [first], Bob, Stop);

        Assert.Equal((undone.Sha, null, $"It was taken back before, by commit {undone.Sha[..10]}"), (again.Sha, again.ProposalRef, again.Reason));
        Assert.Equal(tip, await Store.Tip(Notes, Stop));
    }

    [Fact]
    public async Task An_undo_that_was_taken_back_can_be_done_again()
    {
        var first = await Turn(await NewAgent(), "t1", "x.md", "x\n");
        var undone = await Store.Undo(Notes, [first], Bob, Stop);
        await Store.Undo(Notes, [undone.Sha], Bob, Stop);
        Assert.Equal("x\n", await Read("x.md"));

        Assert.Equal(1, (await Store.Undo(Notes, [first], Bob, Stop)).Files);
        await Refused("unknown-path", () => Read("x.md"));
    }

    [Fact]
    public async Task Work_that_a_person_brought_back_can_be_taken_back_again()
    {
        var first = await Turn(await NewAgent(), "t1", "x.md", "x\n");
        var undone = await Store.Undo(Notes, [first], Bob, Stop);
        var person = await NewAgent();
        await person.GitOfPerson("revert", "--no-edit", undone.Sha);
        await person.Push(Store, Notes);
        Assert.Equal("x\n", await Read("x.md"));

        var again = await Store.Undo(Notes, [first], Bob, Stop);

        Assert.Equal((1, null), (again.Files, again.Reason));
        await Refused("unknown-path", () => Read("x.md"));
    }

    [Fact]
    public async Task What_a_person_brought_back_by_a_revert_of_a_redo_is_told_from_the_files()
    {
        var first = await Turn(await NewAgent(), "t1", "x.md", "x\n");
        var undone = await Store.Undo(Notes, [first], Bob, Stop);
        var redone = await Store.Undo(Notes, [undone.Sha], Bob, Stop);
        var person = await NewAgent();
        await person.GitOfPerson("revert", "--no-edit", redone.Sha);
        var reverted = await person.Push(Store, Notes);

        Assert.Equal((reverted.Sha, 0, "Nothing of it is left to take back"), await Outcome(Store.Undo(Notes, [first], Bob, Stop)));
    }

    [Theory]
    [InlineData("Undoes: {0}")]
    [InlineData("This reverts commit {0}.")]
    public async Task What_a_person_only_says_to_have_taken_back_can_be_taken_back(string said)
    {
        var first = await Turn(await NewAgent(), "t1", "x.md", "x\n");
        var person = await NewAgent();
        await person.GitOfPerson("commit", "-q", "--allow-empty", "-m", "Say so", "-m", string.Format(System.Globalization.CultureInfo.InvariantCulture, said, first));
        var pushed = await person.Push(Store, Notes);

        var result = await Store.Undo(Notes, [first], Bob, Stop);

        Assert.Equal((pushed.Sha, 1, null), (result.Parent, result.Files, result.Reason));
        await Refused("unknown-path", () => Read("x.md"));
    }

    [Fact]
    public async Task A_file_that_looks_like_one_that_went_is_not_taken_for_it()
    {
        var agent = await NewAgent();
        agent.Write("old.md", "one\ntwo\nthree\nfour\n");
        var first = await Turn(agent, "t1", "extra.md", "extra\n");
        File.Delete(agent.PathOf("old.md"));
        await Turn(agent, "t2", "new.md", "one\ntwo\nthree\nfour\nfive\n");

        var result = await Store.Undo(Notes, [first], Bob, Stop);

        Assert.Equal((null, 1), (result.ProposalRef, result.Files));
        Assert.Equal("one\ntwo\nthree\nfour\nfive\n", await Read("new.md"));
    }

    [Fact]
    public async Task Later_work_elsewhere_in_the_same_file_is_merged()
    {
        var agent = await NewAgent();
        await Turn(agent, "t1", "list.md", string.Concat(Enumerable.Range(1, 20).Select(i => $"{i}\n")));
        var second = await Turn(agent, "t2", "list.md", "zero\n" + string.Concat(Enumerable.Range(1, 20).Select(i => $"{i}\n")));
        await Turn(agent, "t3", "list.md", "zero\n" + string.Concat(Enumerable.Range(1, 21).Select(i => $"{i}\n")));

        var result = await Store.Undo(Notes, [second], Bob, Stop);

        Assert.Null(result.ProposalRef);
        Assert.Equal(string.Concat(Enumerable.Range(1, 21).Select(i => $"{i}\n")), await Read("list.md"));
    }

    [Fact]
    public async Task A_file_comes_back_over_nothing_that_came_in_its_place()
    {
        var agent = await NewAgent();
        await Turn(agent, "t1", "notes", "a file\n");
        File.Delete(agent.PathOf("notes"));
        var second = await Turn(agent, "t2", "other.md", "other\n");
        await Turn(agent, "t3", "notes/today.md", "a folder now\n");

        var result = await Store.Undo(Notes, [second], Bob, Stop);

        Assert.Equal("Conflicts with the trunk in notes", result.Reason);
        Assert.Equal("a folder now\n", await Read("notes/today.md"));
    }

    [Fact]
    public async Task What_is_not_on_the_trunk_cannot_be_taken_back()
    {
        await Refused("unknown-commit", () => Store.Undo(Notes, [new string('1', 40)], Bob, Stop));
        await Refused("unknown-commit", () => Store.Undo(Notes, ["--help"], Bob, Stop));
        await Refused("first-commit", async () => await Store.Undo(Notes, [await Store.Tip(Notes, Stop)], Bob, Stop));
    }

    private static async Task<(string Sha, int Files, string? Reason)> Outcome(Task<CommitResult> undo)
    {
        var result = await undo;
        return (result.Sha, result.Files, result.Reason);
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
