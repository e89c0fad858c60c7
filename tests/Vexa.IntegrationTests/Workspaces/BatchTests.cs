using Vexa.IntegrationTests.Drivers;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>What arrives while a workspace is being moved lands together; and each is as if it had come alone.</summary>
public sealed class BatchTests : WorkspaceFixture
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _manifests;

    [Fact]
    public async Task All_that_wait_move_the_workspace_together()
    {
        var (store, first) = await Busy();
        var agents = await Agents(6, store);
        var waiting = await Send(agents, store);
        _go.SetResult();

        Assert.All(await Task.WhenAll([first, .. waiting]), result => Assert.Null(result.ProposalRef));
        Assert.Equal(3, (await ReadManifest()).Generation);
        var other = NewStore("other-machine");
        for (var i = 0; i < 6; i++)
            Assert.Equal($"{i}\n", await Read($"waiting/{i}.md", store: other));
        // Each is a step of its own.
        Assert.Equal(1 + 1 + 6 * 2, (await other.Log(Notes, 100, Stop)).Commits.Count);
    }

    [Fact]
    public async Task Work_that_conflicts_with_what_it_waits_with_becomes_a_proposal()
    {
        var (store, first) = await Busy();
        var agents = await Agents(3, store, path: "a/one.md");
        var waiting = await Send(agents, store);
        _go.SetResult();
        await first;

        var results = await Task.WhenAll(waiting);
        Assert.Equal(1, results.Count(result => result.ProposalRef is null));
        var refs = await NewStore("other-machine").Refs(Notes, Stop);
        Assert.All(results.Where(result => result.ProposalRef is not null), result => Assert.Equal(result.Sha, refs[result.ProposalRef!]));
        var facts = (await store.Conflict(Notes, results.First(result => result.ProposalRef is not null).Sha, Stop))!;
        Assert.Equal(["a/one.md"], facts.Paths);
        Assert.Equal(results.Single(result => result.ProposalRef is null).Sha, facts.Trunk);
    }

    [Fact]
    public async Task The_same_commit_twice_at_once_lands_once_and_has_one_result()
    {
        var (store, first) = await Busy();
        var agent = (await Agents(1, store))[0];
        var waiting = await Send([agent, agent], store);
        _go.SetResult();
        await first;

        var results = await Task.WhenAll(waiting);
        Assert.Equal(results[0], results[1]);
        Assert.Equal(4, (await store.Log(Notes, 10, Stop)).Commits.Count);
    }

    [Fact]
    public async Task Who_gives_up_while_waiting_is_left_out_and_the_others_land()
    {
        var (store, first) = await Busy();
        var agents = await Agents(3, store);
        using var impatience = new CancellationTokenSource();
        var waiting = await Send(agents, store, impatience.Token);
        await impatience.CancelAsync();
        _go.SetResult();
        await first;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[0]);
        await Task.WhenAll(waiting[1], waiting[2]);
        Assert.Equal(("1\n", "2\n"), (await Read("waiting/1.md"), await Read("waiting/2.md")));
        await Refused("unknown-path", () => Read("waiting/0.md"));
    }

    [Fact]
    public async Task A_quarantine_that_vanishes_while_its_commit_waits_concerns_nobody_else()
    {
        var (store, first) = await Busy();
        var agents = await Agents(3, store);
        var before = Quarantines();
        var waiting = await Send(agents, store);
        Directory.Delete(Quarantines().Except(before).First(), recursive: true);
        _go.SetResult();

        // Its bundle is still there, so even that one is judged again, and lands.
        Assert.All(await Task.WhenAll([first, .. waiting]), result => Assert.Null(result.ProposalRef));
        for (var i = 0; i < 3; i++)
            Assert.Equal($"{i}\n", await Read($"waiting/{i}.md", store: NewStore("other-machine")));
    }

    [Fact]
    public async Task Who_is_refused_stops_nobody()
    {
        var (store, first) = await Busy();
        var waiting = await Send(await Agents(2, store), store);
        var undo = store.Undo(Notes, [new string('a', 40)], Agent.Subject, Stop);
        var note = store.AddNote(Notes, new string('b', 40), _ => "x\n", Stop);
        await Waits(store, 4);
        _go.SetResult();
        await Task.WhenAll([first, .. waiting]);

        await Refused("unknown-commit", () => undo);
        await Refused("unknown-commit", () => note);
    }

    [Fact]
    public async Task Where_the_bucket_fails_all_are_told_nothing_has_landed_and_all_may_try_again()
    {
        var (store, first) = await Busy(failing: 2);
        var agents = await Agents(3, store);
        var waiting = await Send(agents, store);
        _go.SetResult();
        var landed = await first;
        var tip = await Store.Tip(Notes, Stop);
        foreach (var failed in waiting)
            await Refused("bucket-unavailable", () => failed);
        Assert.Equal((landed.Sha, 2L), (tip, (await ReadManifest()).Generation));

        await Task.WhenAll(await Send(agents, store));
        for (var i = 0; i < 3; i++)
            Assert.Equal($"{i}\n", await Read($"waiting/{i}.md", store: NewStore("other-machine")));
    }

    [Fact]
    public async Task A_batch_that_another_process_overtakes_is_decided_again()
    {
        var other = await NewAgent("other");
        other.Write("other.md", "other\n");
        await other.Commit("t1");
        var (store, first) = await Busy(before: async count =>
        {
            if (count == 2)
                await other.Send(NewStore("faster"), Notes, "t1");
        });
        var waiting = await Send(await Agents(3, store), store);
        _go.SetResult();
        await Task.WhenAll([first, .. waiting]);

        var fresh = NewStore("other-machine");
        for (var i = 0; i < 3; i++)
            Assert.Equal($"{i}\n", await Read($"waiting/{i}.md", store: fresh));
        Assert.Equal("other\n", await Read("other.md", store: fresh));
    }

    // A store that is just moving the manifest for one commit, and holds there until it may go on.
    private async Task<(WorkspaceStore Store, Task<CommitResult> First)> Busy(int failing = 0, Func<int, Task>? before = null)
    {
        var store = await NewStoreOn(new ScriptedBucket(Bucket)
        {
            BeforePut = async key =>
            {
                if (!key.EndsWith("/manifest", StringComparison.Ordinal))
                    return;

                var count = Interlocked.Increment(ref _manifests);
                if (count == failing)
                    throw new VexaException(Stage.WorkspaceCommit, Party.Operator, "bucket-unavailable", "Away.", "Wait.");
                if (before is not null)
                    await before(count);
                if (count > 1)
                    return;

                _held.SetResult();
                await _go.Task;
            },
        }, "busy");
        var agent = await NewAgent("first");
        agent.Write("first.md", "first\n");
        await agent.Commit("t1");
        var first = Task.Run(() => agent.Send(store, Notes, "t1"));
        await _held.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        return (store, first);
    }

    private async Task<IReadOnlyList<Agent>> Agents(int count, WorkspaceStore store, string? path = null)
    {
        var agents = new List<Agent>();
        for (var i = 0; i < count; i++)
        {
            agents.Add(await NewAgent($"d{i}", Store));
            agents[i].Write(path ?? $"waiting/{i}.md", $"{i}\n");
            await agents[i].Commit("t1");
        }

        return agents;
    }

    // Sent and judged; what is left is to land.
    private async Task<IReadOnlyList<Task<CommitResult>>> Send(IReadOnlyList<Agent> agents, WorkspaceStore store, CancellationToken? stopOfFirst = null)
    {
        var sent = new List<Task<CommitResult>>();
        for (var i = 0; i < agents.Count; i++)
        {
            var (agent, stop, bundle) = (agents[i], i == 0 ? stopOfFirst : null, await agents[i].Bundle());
            sent.Add(Task.Run(() => agent.Send(store, Notes, "t1", bundle, stop)));
        }

        if (!_go.Task.IsCompleted)
            await Waits(store, agents.Count);
        return sent;
    }

    private static Task Waits(WorkspaceStore store, int count) => Until.IsTrue(() => Task.FromResult(store.Waiting(Notes) == count ? "" : null));

    // Of each that was sent, and one of the batch that is being written.
    private string[] Quarantines() => Directory.GetDirectories(Path.Combine(CacheFolder("busy"), ".incoming"));
}
