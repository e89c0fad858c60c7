using Microsoft.Extensions.Logging;
using Vexa.Runtime;
using Vexa.Runtime.Door;
using Vexa.Runtime.Images;
using Vexa.Runtime.Mounts;
using Vexa.Runtime.Workloads;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>The runtime's own idle clock, to the second: a clock that the test moves, and containers that never end by themselves.</summary>
[Collection("runtime")]
public sealed class IdleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly FakeTime _time = new();

    [Fact]
    public async Task It_is_ended_when_its_limit_and_the_margin_are_over_and_not_before()
    {
        await using var node = await TestNode.Start(NodeKind.Fake, _time);
        var spec = Stubborn(node);
        await node.Create(spec);
        node.Role.Workloads.Get(spec.Id).SetIdle(true);
        _time.Advance(Limit + Margin - TimeSpan.FromMilliseconds(1));
        Assert.False(node.Fake[spec.Id].Asked.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        await TestNode.Until(() => node.Fake.Known.Count == 0 || node.Fake[spec.Id].Asked.IsCompleted);
        await Force(node, spec.Id);
        Assert.Equal(StopReason.IdleTimeout, (await node.Ended(spec.Id)).Status.StopReason);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task Time_that_passes_while_no_role_is_there_counts()
    {
        await using var node = await TestNode.Start(NodeKind.Fake, _time);
        var spec = Stubborn(node);
        await node.Create(spec);
        node.Role.Workloads.Get(spec.Id).SetIdle(true);
        _time.Advance(TimeSpan.FromSeconds(6));
        node.Abandon();
        _time.Set(_time.GetUtcNow() + TimeSpan.FromSeconds(6));
        await node.StartRole();
        Assert.False(node.Fake[spec.Id].Asked.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(3));
        await node.Fake[spec.Id].Asked.WaitAsync(TimeSpan.FromSeconds(10), TestNode.Ct);
        await Force(node, spec.Id);
        Assert.Equal(StopReason.IdleTimeout, (await node.Ended(spec.Id)).Status.StopReason);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_ends_nobody_early()
    {
        await using var node = await TestNode.Start(NodeKind.Fake, _time);
        var spec = Stubborn(node);
        await node.Create(spec);
        node.Role.Workloads.Get(spec.Id).SetIdle(true);
        var begun = _time.GetUtcNow();
        _time.Advance(Limit);
        _time.Set(begun);
        _time.Advance(Limit);
        Assert.False(node.Fake[spec.Id].Asked.IsCompleted);
        Assert.False(node.Role.Workloads.Get(spec.Id).Stopped.IsCompleted);
        node.Fake[spec.Id].End(0);
        await node.Ended(spec.Id);
    }

    [Fact]
    public async Task A_message_that_comes_just_as_the_clock_fires_is_taken_or_told_that_it_comes_too_late_and_never_lost()
    {
        const int Many = 300;
        await using var node = await TestNode.Start(NodeKind.Fake, _time);
        await node.Role.Close();
        node.Forget();
        await node.StartRole(node.Options with { MaxWorkloads = Many, MaxPerSubject = Many, RememberedWorkloads = Many });
        var specs = Enumerable.Range(0, Many).Select(_ => Stubborn(node)).ToList();
        foreach (var spec in specs)
        {
            await node.Create(spec);
            Assert.True(node.Role.Workloads.Get(spec.Id).SetIdle(true));
        }

        // The clock goes through all of them while, from the other end, each gets its message.
        var firing = Task.Run(() => _time.Advance(Limit + Margin), TestNode.Ct);
        var taken = new bool[Many];
        Parallel.For(0, Many, number => taken[Many - 1 - number] = node.Role.Workloads.Get(specs[Many - 1 - number].Id).SetIdle(false));
        await firing;

        for (var i = 0; i < Many; i++)
        {
            if (taken[i])
                Assert.False(node.Fake[specs[i].Id].Asked.IsCompleted, $"{specs[i].Id} took a message and was ended.");
            else
                await TestNode.Until(() => !node.Fake.Known.Contains(specs[i].Id) || node.Fake[specs[i].Id].Asked.IsCompleted);
        }

        // Long after, whoever took one still lives; the others were forced.
        await ForceAll(node, taken.Count(took => !took));
        Assert.All(specs.Where((_, i) => taken[i]), spec => Assert.Equal(WorkloadState.Running, node.Role.Workloads.Get(spec.Id).Status.State));
        Assert.All(specs.Where((_, i) => !taken[i]), spec => Assert.Equal(StopReason.IdleTimeout, node.Role.Workloads.Get(spec.Id).Status.StopReason));
        foreach (var spec in specs.Where((_, i) => taken[i]))
            node.Fake[spec.Id].End(0);
    }

    [Fact]
    public async Task Idleness_that_is_told_before_its_record_is_there_is_taken_and_comes_on_record()
    {
        await using var node = await TestNode.Start(NodeKind.Fake, _time);
        var folder = RuntimeFolder.Open(node.Run);
        using var bundles = new BundleSource(folder.ControlSocket);
        using var door = new DoorClient(folder.DoorSocket, _time);
        var resources = new Resources(folder, node.Options, node.Fake, new ImageStore(node.Options.ImagesFolder),
            new Snapshots(folder, bundles, node.Options, node.Log.CreateLogger<Snapshots>()), new Scratch(folder), door, _time);
        var reaper = new Reaper(resources.Remove, _time, node.Log.CreateLogger<Reaper>());
        var spec = Stubborn(node);
        var workload = new Workload(spec, new Capacity(node.Options, _time).TakeRegardless("ann"), folder, resources, reaper, node.Fake, "test", new EventLog(), _time, node.Log.CreateLogger<Workload>());

        Assert.True(workload.SetIdle(true));
        var life = workload.Run(new WorkloadCreate(spec, "dispatch-token"), "spawn-token");
        await workload.Started.WaitAsync(TimeSpan.FromSeconds(10), TestNode.Ct);
        Assert.Equal(_time.GetUtcNow(), new WorkloadRecord(folder, spec.Id).IdleSince);

        node.Fake[spec.Id].End(0);
        await life.WaitAsync(TimeSpan.FromSeconds(10), TestNode.Ct);
        node.AssertNothingLeft();
    }

    private static WorkloadSpec Stubborn(TestNode node) => node.Spec("trap '' TERM; sleep 1000", l => l with { IdleSeconds = (int)Limit.TotalSeconds, WallSeconds = 86_400 });

    // Its grace is waited for by the same clock, which somebody has to move on.
    private Task Force(TestNode node, DispatchId id) => TestNode.Until(() =>
    {
        _time.Advance(Grace);
        return node.Role.Workloads.Get(id).Stopped.IsCompleted;
    });

    private Task ForceAll(TestNode node, int ended) => TestNode.Until(() =>
    {
        _time.Advance(Grace);
        return node.Role.Workloads.List().Count(status => status.State == WorkloadState.Destroyed) >= ended;
    });
}
