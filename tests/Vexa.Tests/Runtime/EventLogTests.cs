using Vexa.Runtime.Workloads;

namespace Vexa.Tests.Runtime;

public sealed class EventLogTests
{
    private static readonly DispatchId One = Id.Parse<DispatchId>("d-1");
    private static readonly DispatchId Other = Id.Parse<DispatchId>("d-2");
    private readonly FakeTime _time = new();
    private readonly EventLog _log = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void Each_workload_has_its_own_numbers_also_after_what_another_process_had_seen()
    {
        Add(One, WorkloadState.Starting);
        Add(Other, WorkloadState.Starting);
        Add(One, WorkloadState.Running);
        var next = new EventLog();
        next.Load(One, _log.Of(One));
        next.Add(Status(One, WorkloadState.Stopped), _time.GetUtcNow());
        Assert.Equal([1, 2, 3], next.Of(One).Select(happened => happened.Seq));
        Assert.Equal([1], _log.Of(Other).Select(happened => happened.Seq));
        Assert.Empty(next.Of(Other));
    }

    [Fact]
    public async Task A_follower_sees_what_was_and_then_what_comes_in_order_and_nothing_twice()
    {
        Add(One, WorkloadState.Starting);
        _time.Advance(TimeSpan.FromSeconds(1));
        Add(Other, WorkloadState.Starting);
        await using var follower = _log.Follow(Ct).GetAsyncEnumerator(Ct);
        Assert.True(await follower.MoveNextAsync());
        Add(One, WorkloadState.Running);

        var seen = new List<(DispatchId, long)> { (follower.Current.Id, follower.Current.Seq) };
        while (seen.Count < 3 && await follower.MoveNextAsync())
            seen.Add((follower.Current.Id, follower.Current.Seq));
        Assert.Equal([(One, 1), (Other, 1), (One, 2)], seen);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_does_not_turn_their_order_around()
    {
        Add(One, WorkloadState.Starting);
        _time.Set(_time.GetUtcNow().AddHours(-1));
        Add(One, WorkloadState.Running);
        Add(Other, WorkloadState.Starting);
        var seen = await Take(3);
        Assert.Equal([1, 2], seen.Where(happened => happened.Id == One).Select(happened => happened.Seq));
    }

    [Fact]
    public async Task Whoever_does_not_keep_up_is_let_go_with_no_gap_in_what_it_got_and_others_are_not_held_up()
    {
        const int Many = 5000;
        await using var slow = _log.Follow(Ct).GetAsyncEnumerator(Ct);
        var first = slow.MoveNextAsync();
        for (var i = 0; i < Many; i++)
            Add(One, WorkloadState.Running);

        Assert.True(await first);
        var got = 1L;
        for (; await slow.MoveNextAsync(); got++)
            Assert.Equal(got + 1, slow.Current.Seq);
        Assert.InRange(got, 1000, Many - 1);

        // It finds what it missed by asking again.
        Assert.Equal(Many, (await Take(Many))[^1].Seq);
    }

    [Fact]
    public async Task Many_that_are_told_at_once_reach_a_follower_in_their_order()
    {
        const int Each = 200;
        var ids = Enumerable.Range(0, 8).Select(number => Id.Parse<DispatchId>($"m-{number}")).ToList();
        var taking = Take(Each * ids.Count);
        await Task.WhenAll(ids.Select(id => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
                Add(id, WorkloadState.Running);
        }, Ct)));

        Assert.All((await taking).GroupBy(happened => happened.Id), group => Assert.Equal(Enumerable.Range(1, Each).Select(seq => (long)seq), group.Select(happened => happened.Seq)));
    }

    private void Add(DispatchId id, WorkloadState state) => _log.Add(Status(id, state), _time.GetUtcNow());

    private async Task<List<WorkloadEvent>> Take(int count)
    {
        var seen = new List<WorkloadEvent>();
        await foreach (var happened in _log.Follow(Ct))
        {
            seen.Add(happened);
            if (seen.Count == count)
                break;
        }

        return seen;
    }

    private static WorkloadStatus Status(DispatchId id, WorkloadState state) => new() { Id = id, State = state, Backend = "fake" };
}
