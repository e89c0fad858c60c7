using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class BatchQueueTests
{
    private static readonly WorkspaceId Notes = Id.Parse<WorkspaceId>("notes");

    private readonly List<int[]> _written = [];
    private readonly List<TaskCompletionSource> _gates = [];

    [Fact]
    public async Task What_waits_is_written_together_in_the_order_in_which_it_came()
    {
        var queue = new BatchQueue<int>(most: 10);
        var all = Enumerable.Range(0, 5).Select(i => queue.Add(Notes, i, Write)).ToList();
        Assert.Equal([[0]], _written);

        _gates[0].SetResult();
        await all[0];
        _gates[1].SetResult();
        await Task.WhenAll(all);
        Assert.Equal([[0], [1, 2, 3, 4]], _written);

        // And when nothing waits any more, the next is on its own.
        var last = queue.Add(Notes, 5, Write);
        _gates[2].SetResult();
        await last;
        Assert.Equal([5], _written[^1]);
    }

    [Fact]
    public async Task There_are_never_more_in_a_batch_than_it_takes_and_never_two_batches_at_once()
    {
        var queue = new BatchQueue<int>(most: 2);
        var all = Enumerable.Range(0, 6).Select(i => queue.Add(Notes, i, Write)).ToList();
        for (var batch = 0; batch < 4; batch++)
        {
            Assert.Equal(batch + 1, _written.Count);
            _gates[batch].SetResult();
            await Task.WhenAll(all.Take(batch * 2 + 1));
            if (batch < 3)
                Assert.True(SpinWait.SpinUntil(() => _gates.Count > batch + 1, TimeSpan.FromSeconds(10)));
        }

        Assert.Equal([[0], [1, 2], [3, 4], [5]], _written);
    }

    [Fact]
    public async Task What_fails_fails_for_all_that_are_written_together_and_for_nobody_else()
    {
        var queue = new BatchQueue<int>(most: 10);
        var all = Enumerable.Range(0, 3).Select(i => queue.Add(Notes, i, Write)).ToList();
        _gates[0].SetException(new IOException("first"));
        await Assert.ThrowsAsync<IOException>(() => all[0]);
        _gates[1].SetResult();
        await Task.WhenAll(all[1], all[2]);
    }

    [Fact]
    public async Task One_workspace_does_not_wait_for_another()
    {
        var queue = new BatchQueue<int>(most: 10);
        var one = queue.Add(Notes, 1, Write);
        var other = queue.Add(Id.Parse<WorkspaceId>("other"), 2, Write);
        _gates[1].SetResult();
        await other;
        _gates[0].SetResult();
        await one;
    }

    private Task Write(IReadOnlyList<int> items)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_written)
        {
            _written.Add([.. items]);
            _gates.Add(gate);
        }

        return gate.Task;
    }
}
