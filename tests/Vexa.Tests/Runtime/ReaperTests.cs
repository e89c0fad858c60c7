using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Runtime.Workloads;

namespace Vexa.Tests.Runtime;

public sealed class ReaperTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly FakeTime _time = new();
    private readonly ConcurrentQueue<TimeSpan> _attempts = new();
    private readonly Reaper _reaper;
    private volatile bool _fails = true;

    public ReaperTests() => _reaper = new Reaper(Remove, _time, NullLogger<Reaper>.Instance);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_tries_again_with_growing_pauses_until_nothing_is_left()
    {
        await _reaper.Remove(IdOf(1), []);
        await Until(() => _attempts.Count == 10);
        var pauses = _attempts.Zip(_attempts.Skip(1), (before, after) => after - before).ToList();
        Assert.All(pauses.Zip([1, 2, 4, 8, 16, 32, 60, 60, 60]), pair => Assert.InRange(pair.First, TimeSpan.FromSeconds(pair.Second), TimeSpan.FromSeconds(pair.Second + 30)));
        Assert.Equal([IdOf(1)], _reaper.Owed);

        _fails = false;
        await Until(() => _reaper.Owed.Count == 0);
        var done = _attempts.Count;
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(done, _attempts.Count);
    }

    [Fact]
    public async Task What_was_removed_at_once_is_not_tried_again()
    {
        _fails = false;
        await _reaper.Remove(IdOf(1), []);
        Assert.Empty(_reaper.Owed);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Single(_attempts);
    }

    [Fact]
    public async Task Its_debts_are_bounded()
    {
        for (var number = 0; number < Reaper.MostDebts + 10; number++)
            await _reaper.Remove(IdOf(number), []);

        Assert.Equal(Reaper.MostDebts, _reaper.Owed.Count);
        _fails = false;
        await Until(() => _reaper.Owed.Count == 0);
    }

    [Fact]
    public async Task Whoever_starts_again_is_told_what_is_left_and_is_left_alone()
    {
        await _reaper.Remove(IdOf(1), []);
        Assert.Equal("workload-left-over", (await Assert.ThrowsAsync<VexaException>(() => _reaper.Settle(IdOf(1)))).Rule);
        await _reaper.Remove(IdOf(1), []);
        _fails = false;
        await _reaper.Settle(IdOf(1));
        var settled = _attempts.Count;
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(settled, _attempts.Count);
    }

    [Fact]
    public async Task When_it_closes_it_tries_once_more()
    {
        await _reaper.Remove(IdOf(1), []);
        _fails = false;
        await _reaper.Close().WaitAsync(Bound, Ct);
        Assert.Equal(2, _attempts.Count);
        Assert.Empty(_reaper.Owed);
    }

    private static DispatchId IdOf(int number) => Id.Parse<DispatchId>($"d-{number}");

    private Task<IReadOnlyList<Leftover>> Remove(DispatchId id, IEnumerable<Vexa.Runtime.Mounts.SnapshotKey> held)
    {
        _attempts.Enqueue(TimeSpan.FromTicks(_time.GetTimestamp()));
        return Task.FromResult<IReadOnlyList<Leftover>>(_fails ? [new Leftover("container", new TimeoutException("busy"))] : []);
    }

    // Time goes on meanwhile.
    private async Task Until(Func<bool> condition)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        bound.CancelAfter(Bound);
        while (!condition())
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, bound.Token);
        }
    }
}
