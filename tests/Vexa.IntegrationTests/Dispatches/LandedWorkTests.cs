using Vexa.IntegrationTests.Drivers;
using Vexa.IntegrationTests.Workspaces;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>What is on a trunk, or beside it, is in the record of its run, whatever came between the two.</summary>
public sealed class LandedWorkTests : LoneControlFixture
{
    private protected override TimeProvider Time { get; } = new HastyTime(TimeSpan.FromSeconds(2));

    [Fact]
    public async Task A_commit_that_landed_though_its_record_could_not_be_written_is_on_record_when_the_run_is_closed()
    {
        var turn = await Control.Send("t-1");
        await Unrecorded(turn, "one.md", $"runs/live/{turn.Dispatch}");
        Control.EndContainer(turn.Dispatch);

        await IsOnRecord(turn);
    }

    [Fact]
    public async Task A_commit_that_landed_as_control_died_is_on_record_when_the_next_one_closes_the_run()
    {
        var turn = await Control.Send("t-1");
        await Unrecorded(turn, "one.md", $"runs/live/{turn.Dispatch}");
        await Control.Restart();
        Control.EndContainer(turn.Dispatch);

        await IsOnRecord(turn);
    }

    [Fact]
    public async Task Work_beside_the_trunk_whose_card_could_not_be_made_has_one_when_the_run_is_closed()
    {
        var (one, two) = (await Control.Send("t-1"), await Control.Send("t-2"));
        var late = await BundleOf(two, "README.md", "# Two\n");
        await Commit(one, "README.md", "# One\n");
        await Fails("cards/", () => Control.SendBundle(two, Home, late));
        Control.EndContainer(two.Dispatch);

        var kept = Assert.Single((await Control.AwaitEnd(two.Dispatch)).Turns[0].Commits);
        Assert.Equal(kept.Sha, (await Control.Workspaces.Refs(Home, Ct))[kept.ProposalRef!]);
        Assert.Equal($"cards/merge-{kept.Sha}", Assert.Single(await Control.Bucket.List("cards/", Ct)));
        Assert.Equal(kept.Sha, (await ReadReceipt(kept.Sha)).Commit);
    }

    [Fact]
    public async Task A_commit_that_hangs_in_storage_for_long_keeps_no_turn_from_its_end_and_is_on_record_when_it_lands()
    {
        var turn = await Control.Send("t-1");
        var bundle = await BundleOf(turn, "one.md", "1\n");
        var (hangs, goesOn) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource());
        Control.BeforePut = key =>
        {
            if (key != "workspaces/home/manifest")
                return Task.CompletedTask;

            hangs.TrySetResult();
            return goesOn.Task;
        };
        var sending = Control.SendBundle(turn, Home, bundle);
        await hangs.Task.WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Control.EndContainer(turn.Dispatch);
        await Until.IsTrue(async () => (await Control.Events(turn.Dispatch)).Any(e => e is End) ? "" : null);
        Assert.NotEqual(RunState.Ended, (await Control.ReadRun(turn.Dispatch)).State);

        goesOn.SetResult();
        await sending;

        await IsOnRecord(turn);
    }

    private async Task Unrecorded(TurnLog turn, string path, string key)
    {
        var bundle = await BundleOf(turn, path, "1\n");
        var before = await Control.Workspaces.Tip(Home, Ct);
        await Fails(key, () => Control.SendBundle(turn, Home, bundle));
        Assert.NotEqual(before, await Control.Workspaces.Tip(Home, Ct));
        Assert.Empty((await Control.ReadRun(turn.Dispatch)).Turns[0].Commits);
    }

    private async Task Fails(string prefix, Func<Task> call)
    {
        Control.BeforePut = key => key.StartsWith(prefix, StringComparison.Ordinal)
            ? throw new VexaException(Stage.Record, Party.Operator, "bucket-unavailable", "Away.", "Wait.") { Status = 503 }
            : Task.CompletedTask;
        Assert.Equal("bucket-unavailable", (await Assert.ThrowsAsync<VexaException>(call)).Rule);
        Control.BeforePut = _ => Task.CompletedTask;
    }

    private async Task IsOnRecord(TurnLog turn)
    {
        var run = await Control.AwaitEnd(turn.Dispatch);
        var tip = await Control.Workspaces.Tip(Home, Ct);
        var landed = Assert.Single(run.Turns[0].Commits);
        Assert.Equal((Home, tip, 1, null), (landed.Workspace, landed.Sha, landed.Files, landed.ProposalRef));
        Assert.Equal(turn.Turn, (await ReadReceipt(tip)).Turn);
        var undone = Assert.Single((await Control.Undo(turn.Dispatch)).Commits);
        Assert.Equal((tip, 1), (undone.Parent, undone.Files));
    }

    /// <summary>A clock on which nobody waits for long.</summary>
    private sealed class HastyTime(TimeSpan longest) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime > longest ? longest : dueTime, period);
    }
}
