using Vexa.Hosting;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary><c>vexa undo</c> against a running stack.</summary>
[Collection(nameof(SharedStack))]
public sealed class UndoCommandTests(StackFixture fixture)
{
    private RunningStack Stack => fixture.Stack;

    [Fact]
    public async Task A_workspace_that_was_destroyed_does_not_keep_the_run_from_being_taken_back_elsewhere()
    {
        var (one, two) = (await Make("x.md"), await Make("x.md"));
        var turn = await Stack.Ask($"for w in {one} {two}; do echo 1 > /workspaces/$w/new.md; done; echo done", workspaces: [new(one, AccessMode.Rw), new(two, AccessMode.Rw)]);
        var run = await Stack.AwaitEnd(turn.Dispatch);
        var first = run.Turns[0].Commits[0].Workspace;
        var (shredded, _, faults) = await Stack.Vexa("workspaces", "shred", first.Value, "--yes");
        Assert.True(shredded == 0, faults);

        var (exit, output, errors) = await Stack.Vexa("undo", turn.Dispatch.Value);

        Assert.True(exit == 1, output + errors);
        Assert.Contains($"{(first == one ? two : one)}: taken back by commit", output, StringComparison.Ordinal);
        Assert.Contains($"{first}: not taken back", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_is_taken_back_by_its_hash_and_the_undo_by_its_own()
    {
        var workspace = await Make("x.md");
        var turn = await Stack.Ask($"echo 1 > /workspaces/{workspace}/new.md; echo done", workspaces: [new(workspace, AccessMode.Rw)]);
        await Stack.AwaitEnd(turn.Dispatch);
        var commit = turn.Events.OfType<Commit>().Single().Sha;

        var (exit, output, errors) = await Stack.Vexa("undo", commit[..10]);
        Assert.True(exit == 0, output + errors);
        Assert.Equal("unknown-path", (await Assert.ThrowsAsync<VexaException>(() => Stack.ReadFile(workspace, "new.md"))).Rule);

        var undo = output.Split("taken back by commit ")[1][..10];
        Assert.Equal(0, (await Stack.Vexa("undo", undo, "--workspace", workspace.Value)).Exit);
        Assert.Equal("1\n", await Stack.ReadFile(workspace, "new.md"));
        // What was brought back can be taken back once more, by its run.
        Assert.Equal(0, (await Stack.Vexa("undo", turn.Dispatch.Value)).Exit);
        Assert.Equal("unknown-path", (await Assert.ThrowsAsync<VexaException>(() => Stack.ReadFile(workspace, "new.md"))).Rule);
    }

    [Fact]
    public async Task A_commit_that_later_work_stands_on_becomes_a_proposal_with_a_card()
    {
        var workspace = await Make("x.md");
        var first = await Stack.Ask($"echo 2 > /workspaces/{workspace}/x.md; echo done", workspaces: [new(workspace, AccessMode.Rw)]);
        await Stack.Ask($"echo 3 > /workspaces/{workspace}/x.md; echo done", workspaces: [new(workspace, AccessMode.Rw)]);

        var (exit, output, _) = await Stack.Vexa("undo", first.Events.OfType<Commit>().Single().Sha, "--workspace", workspace.Value, "--json");

        Assert.Equal(1, exit);
        var proposal = Assert.Single(System.Text.Json.JsonSerializer.Deserialize(output, VexaJson.Default.UndoResult)!.Commits);
        Assert.StartsWith("refs/proposals/undo.", proposal.ProposalRef, StringComparison.Ordinal);
        var card = await (await Stack.OpenRecords()).Read($"cards/merge-{proposal.Sha}", VexaJson.Default.ProactiveCard, TestContext.Current.CancellationToken);
        Assert.Equal(first.Dispatch, card!.Value.Dispatch);
    }

    [Fact]
    public async Task What_is_no_run_and_no_commit_of_the_trunk_is_refused()
    {
        var workspace = await Make("x.md");
        var (exit, _, errors) = await Stack.Vexa("undo", "0123456789abcdef");
        Assert.Equal(5, exit);
        Assert.Contains("no run and no commit 0123456789abcdef", errors, StringComparison.Ordinal);
        Assert.Contains("There is no run", (await Stack.Vexa("undo", "d-nothing")).Errors, StringComparison.Ordinal);
        foreach (var (commit, status) in new[] { ("0123456789abcdef", 404), ("HEAD", 404), ("main", 404), ("--help", 404), ("abc", 404) })
            Assert.Equal(status, await Post($"/v1/workspaces/{workspace}/commits/{commit}/undo"));
        using var list = await Stack.Api.GetAsync(new Uri($"/v1/workspaces/{workspace}/log", UriKind.Relative), TestContext.Current.CancellationToken);
        var founding = (await list.ReadOrThrow(VexaJson.Default.WorkspaceLog, TestContext.Current.CancellationToken)).Commits.Single().Sha;
        Assert.Equal(409, await Post($"/v1/workspaces/{workspace}/commits/{founding}/undo"));
        Assert.Equal(404, await Post($"/v1/workspaces/nowhere/commits/{founding}/undo"));
    }

    private async Task<int> Post(string path)
    {
        using var answer = await Stack.Api.PostAsync(new Uri(path, UriKind.Relative), content: null, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }

    private Task<WorkspaceId> Make(string file) =>
        Stack.CreateWorkspace($"w-{Guid.NewGuid().ToString("n")[..8]}", new Dictionary<string, string> { [file] = "x\n" });
}
