using System.Threading.Channels;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class BatchQueueTests
{
    private static readonly WorkspaceId Notes = Id.Parse<WorkspaceId>("notes");

    private readonly Channel<Batch> _written = Channel.CreateUnbounded<Batch>();
    private int _atOnce;
    private int _mostAtOnce;

    [Fact]
    public async Task What_waits_is_written_together_in_the_order_in_which_it_came()
    {
        var queue = new BatchQueue<int>(most: 10);
        var all = Add(queue, 0, 1, 2, 3, 4);
        var first = await Next();
        Assert.Equal([0], first.Items);
        Assert.Equal(4, queue.Waiting(Notes));
        first.Done.SetResult();
        var second = await Next();
        Assert.Equal([1, 2, 3, 4], second.Items);
        Assert.Equal(0, queue.Waiting(Notes));
        second.Done.SetResult();
        await Task.WhenAll(all);

        // And when nothing waits any more, the next is on its own.
        var last = Add(queue, 5);
        (await Next()).Done.SetResult();
        await Task.WhenAll(last);
    }

    [Fact]
    public async Task There_are_never_more_in_a_batch_than_it_takes_and_never_two_batches_at_once()
    {
        var all = Add(new BatchQueue<int>(most: 2), 0, 1, 2, 3, 4, 5);
        foreach (var expected in (int[][])[[0], [1, 2], [3, 4], [5]])
        {
            var batch = await Next();
            Assert.Equal(expected, batch.Items);
            batch.Done.SetResult();
            await Task.WhenAll(expected.Select(item => all[item]));
        }

        Assert.Equal(1, _mostAtOnce);
    }

    [Fact]
    public async Task What_fails_fails_for_all_that_are_written_together_and_for_nobody_else()
    {
        var all = Add(new BatchQueue<int>(most: 2), 0, 1, 2, 3);
        (await Next()).Done.SetResult();
        (await Next()).Done.SetException(new IOException("away"));
        (await Next()).Done.SetResult();

        await Task.WhenAll(all[0], all[3]);
        await Assert.ThrowsAsync<IOException>(() => all[1]);
        await Assert.ThrowsAsync<IOException>(() => all[2]);
    }

    [Fact]
    public async Task One_workspace_does_not_wait_for_another()
    {
        var queue = new BatchQueue<int>(most: 10);
        var one = Add(queue, 1);
        var held = await Next();
        var other = queue.Add(Id.Parse<WorkspaceId>("other"), 2, Write);
        (await Next()).Done.SetResult();
        await other;
        held.Done.SetResult();
        await Task.WhenAll(one);
    }

    private List<Task> Add(BatchQueue<int> queue, params int[] items) => [.. items.Select(item => queue.Add(Notes, item, Write))];

    private async Task Write(IReadOnlyList<int> items)
    {
        _mostAtOnce = Math.Max(_mostAtOnce, Interlocked.Increment(ref _atOnce));
        var batch = new Batch([.. items]);
        await _written.Writer.WriteAsync(batch);
        try
        {
            await batch.Done.Task;
        }
        finally
        {
            Interlocked.Decrement(ref _atOnce);
        }
    }

    private Task<Batch> Next() => _written.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    private sealed record Batch(int[] Items)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
