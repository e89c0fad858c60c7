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

    private Task<WorkspaceId> Make(string file) =>
        Stack.CreateWorkspace($"w-{Guid.NewGuid().ToString("n")[..8]}", new Dictionary<string, string> { [file] = "x\n" });
}
