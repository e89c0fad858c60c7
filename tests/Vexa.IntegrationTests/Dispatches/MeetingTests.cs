using Vexa.IntegrationTests.Drivers;
using Vexa.IntegrationTests.Workspaces;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>What happens to a run at the very moment at which something else happens to it.</summary>
public sealed class MeetingTests : IAsyncLifetime
{
    private static readonly WorkspaceId Home = Id.Parse<WorkspaceId>("home");
    private LoneControl _control = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _control = await LoneControl.Start();

    public ValueTask DisposeAsync() => _control is null ? ValueTask.CompletedTask : _control.DisposeAsync();

    [Fact]
    public async Task A_message_that_meets_the_end_of_its_container_runs_in_the_next_one_and_leaves_no_trace_in_the_last()
    {
        var first = await _control.Warm();
        Assert.True(await _control.Inbox.Close(first.Dispatch, seen: 1, Ct));
        _control.BeforePut = key => Once($"runs/live/{first.Dispatch}", key, () => _control.EndContainerAndAwaitClosing(first.Dispatch));

        var second = await _control.Send("t-2", first.Session);

        Assert.NotEqual(first.Dispatch, second.Dispatch);
        Assert.Equal("t-2", Assert.IsType<Prompt>(Assert.Single(await _control.Inbox.Take(second.Dispatch, 0, TimeSpan.Zero, Ct))).Text);
        Assert.Equal(first.Turn, Assert.Single((await _control.AwaitEnd(first.Dispatch)).Turns).Id);
        Assert.Equal(second.Turn, Assert.Single((await _control.ReadRun(second.Dispatch)).Turns).Id);
    }

    [Fact]
    public async Task A_message_that_an_outage_cut_short_is_delivered_when_it_is_sent_again()
    {
        var first = await _control.Warm();
        _control.BeforePut = key => Once($"runs/live/{first.Dispatch}", key, async () => await _control.Redis.Kill());
        var refused = await Assert.ThrowsAsync<VexaException>(() => _control.Send("t-2", first.Session));
        Assert.Equal("redis-unavailable", refused.Rule);
        await _control.Redis.Restart();

        var second = await Until.IsTrue(async () => await Sent("t-2", first.Session));

        Assert.Equal(first.Dispatch, second.Dispatch);
        Assert.Equal("t-2", Assert.IsType<Prompt>(Assert.Single(await _control.Inbox.Take(first.Dispatch, 1, TimeSpan.Zero, Ct))).Text);
        await _control.Say(second, new TurnComplete(Ok: true));
        Assert.Equal((first.Dispatch, second.Turn), ((await _control.Send("t-2", first.Session)).Dispatch, second.Turn));
        Assert.Empty(await _control.Inbox.Take(first.Dispatch, 2, TimeSpan.Zero, Ct));
    }

    [Fact]
    public async Task A_commit_that_lands_while_its_run_is_closed_is_in_its_record_and_was_told_before_the_turns_end()
    {
        var turn = await _control.Send("t-1");
        var folder = Directory.CreateTempSubdirectory("vexa-agent-").FullName;
        var agent = await Agent.Clone(_control.Workspaces, Home, folder, turn.Dispatch.Value);
        agent.Write("kept.md", "kept\n");
        await agent.Commit("t-1", author: "owner", message: $"Turn t-1\n\nDispatch: {turn.Dispatch}\nTurn: t-1\nLauncher: user:owner\nRunner: claude-code");
        _control.BeforePut = key => Once("workspaces/home/manifest", key, () => _control.EndContainerAndAwaitClosing(turn.Dispatch));

        var landed = await _control.SendBundle(turn, Home, await agent.Bundle());

        Directory.Delete(folder, recursive: true);
        var run = await _control.AwaitEnd(turn.Dispatch);
        Assert.Equal(landed.Sha, Assert.Single(Assert.Single(run.Turns).Commits).Sha);
        Assert.Equal([typeof(TurnAccepted), typeof(Commit), typeof(Error), typeof(TurnComplete), typeof(End)], (await _control.Events(turn.Dispatch)).Select(e => e.GetType()));
    }

    [Fact]
    public async Task Bundles_of_one_dispatch_are_received_one_after_another()
    {
        var turn = await _control.Send("t-1");
        var folder = Directory.CreateTempSubdirectory("vexa-agent-").FullName;
        var agent = await Agent.Clone(_control.Workspaces, Home, folder, turn.Dispatch.Value);
        agent.Write("kept.md", "kept\n");
        await agent.Commit("t-1", author: "owner", message: $"Turn t-1\n\nDispatch: {turn.Dispatch}\nTurn: t-1\nLauncher: user:owner\nRunner: claude-code");
        var bundle = await agent.Bundle();
        Directory.Delete(folder, recursive: true);
        var (inside, most) = (0, 0);
        _control.BeforePut = async key =>
        {
            if (!key.StartsWith("workspaces/home/", StringComparison.Ordinal))
                return;

            most = Math.Max(most, Interlocked.Increment(ref inside));
            // Long enough for the others to come along, if they could.
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Ct);
            Interlocked.Decrement(ref inside);
        };

        var landed = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _control.SendBundle(turn, Home, bundle)));

        Assert.Single(landed.Select(l => l.Sha).Distinct());
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Usage_that_goes_on_is_no_answer_of_a_worker_that_was_asked_to_cancel()
    {
        var turn = await _control.Send("t-1");
        var cancelling = _control.Cancel(turn.Dispatch, Ct);
        await AwaitCancelIn(turn);
        await _control.Stream.AppendUsage(turn.Dispatch, new Usage(1, 1, "m"), Ct);

        await _control.Stopped(turn.Dispatch, TimeSpan.FromSeconds(15));
        (await cancelling).Dispose();
        Assert.False(Assert.Single((await _control.AwaitEnd(turn.Dispatch)).Turns).Ok);
    }

    [Fact]
    public async Task A_cancel_is_carried_through_though_the_one_who_asked_for_it_has_left()
    {
        var turn = await _control.Send("t-1");
        using var left = new CancellationTokenSource();
        var cancelling = _control.Cancel(turn.Dispatch, left.Token);
        await AwaitCancelIn(turn);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelling);

        await _control.Stopped(turn.Dispatch, TimeSpan.FromSeconds(15));
    }

    private Task<string> AwaitCancelIn(TurnLog turn) =>
        Until.IsTrue(async () => (await _control.Inbox.Take(turn.Dispatch, 0, TimeSpan.Zero, Ct)).Any(m => m is Cancel) ? "" : null);

    // Redis answers again; control's connection is found to be new a moment later.
    private async Task<TurnLog?> Sent(string turn, SessionId session)
    {
        try
        {
            return await _control.Send(turn, session);
        }
        catch (VexaException outage) when (outage.Rule == "redis-unavailable")
        {
            return null;
        }
    }

    private async Task Once(string key, string put, Func<Task> happens)
    {
        if (put != key)
            return;

        _control.BeforePut = _ => Task.CompletedTask;
        await happens();
    }
}
