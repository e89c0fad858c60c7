namespace Vexa.IntegrationTests.Workspaces;

/// <summary>What a dispatch brought is told by the commits alone, to whoever has lost the answers.</summary>
public sealed class DispatchWorkTests : WorkspaceFixture
{
    [Fact]
    public async Task All_that_a_dispatch_sent_is_found_as_it_was_answered()
    {
        var (one, two) = (await NewAgent("d1"), await NewAgent("d2"));
        var onto = await Send(one, "t1", "a/one.md", "1\n");
        await one.Advance();
        var merged = await Send(two, "t1", "two.md", "2\n");
        await two.Advance();
        var conflicting = await Send(two, "t2", "a/one.md", "2\n");
        var again = await Send(one, "t2", "more.md", "1\n2\n");

        Assert.Equal([("t1", onto), ("t2", again)], await Found("d1"));
        Assert.NotNull(conflicting.ProposalRef);
        Assert.Equal([("t1", merged), ("t2", conflicting)], await Found("d2"));
        Assert.Empty(await Found("d"));
    }

    [Fact]
    public async Task A_commit_that_only_looks_like_one_of_the_dispatch_is_not_taken_for_it()
    {
        var agent = await NewAgent("d10");
        agent.Write("x.md", "x\n");
        await agent.Commit("t1", message: "Dispatch: d1\n\nDispatch: d10\nTurn: t1\nLauncher: user:ada\nRunner: claude-code");
        await agent.Send(Store, Notes, "t1");

        Assert.Empty(await Found("d1"));
        Assert.Single(await Found("d10"));
    }

    private async Task<CommitResult> Send(Agent agent, string turn, string path, string text)
    {
        agent.Write(path, text);
        await agent.Commit(turn);
        return await agent.Send(Store, Notes, turn);
    }

    private async Task<IEnumerable<(string, CommitResult)>> Found(string dispatch) =>
        (await Store.CommitsOf(Notes, Id.Parse<DispatchId>(dispatch), Stop)).Select(found => (found.Turn.Value, found.Result));
}
