using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// What waits while others of the same workspace are being written: whoever comes next takes them all. So a workspace that many dispatches
/// commit to at once is not moved once more for each of them.
/// </summary>
/// <param name="most">In one batch.</param>
internal sealed class BatchQueue<T>(int most)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<WorkspaceId, Batch> _open = [];

    /// <summary>Ends when the item is written; what <paramref name="write"/> throws, it throws for all that were written together.</summary>
    public async Task Add(WorkspaceId workspace, T item, Func<IReadOnlyList<T>, Task> write)
    {
        Batch batch;
        bool isFirst;
        lock (_lock)
        {
            isFirst = !_open.TryGetValue(workspace, out batch!) || batch.IsClosed;
            if (isFirst)
                _open[workspace] = batch = new Batch(_open.GetValueOrDefault(workspace)?.Done ?? Task.CompletedTask);

            batch.Items.Add(item);
            batch.IsClosed = batch.Items.Count == most;
        }

        if (isFirst)
            await Write(workspace, batch, write);

        await batch.Done;
    }

    /// <summary>How many wait in the batch that still takes more.</summary>
    public int Waiting(WorkspaceId workspace)
    {
        lock (_lock)
            return _open.GetValueOrDefault(workspace) is { IsClosed: false } batch ? batch.Items.Count : 0;
    }

    private async Task Write(WorkspaceId workspace, Batch batch, Func<IReadOnlyList<T>, Task> write)
    {
        await batch.Before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
            batch.IsClosed = true;

        try
        {
            await write(batch.Items);
            batch.Written.SetResult();
        }
        catch (Exception fault)
        {
            batch.Written.SetException(fault);
        }

        lock (_lock)
            if (_open.GetValueOrDefault(workspace) == batch)
                _open.Remove(workspace);
    }

    /// <param name="before">The batch that is being written.</param>
    private sealed class Batch(Task before)
    {
        public Task Before { get; } = before;

        public List<T> Items { get; } = [];

        public bool IsClosed { get; set; }

        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => Written.Task;
    }
}
