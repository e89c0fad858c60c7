using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Notes that wait while others are being written: whoever comes next takes them all. So a workspace that many dispatches commit to at once is
/// not moved once more for each of them.
/// </summary>
internal sealed class NoteQueue
{
    private readonly Lock _lock = new();
    private readonly Dictionary<WorkspaceId, Batch> _open = [];

    /// <summary>Ends when the note is written; what fails, fails for all that were written with it.</summary>
    public async Task Add(WorkspaceId workspace, PendingNote note, Func<IReadOnlyList<PendingNote>, Task> write)
    {
        Batch batch;
        bool isFirst;
        lock (_lock)
        {
            isFirst = !_open.TryGetValue(workspace, out batch!) || batch.IsFull;
            if (isFirst)
                _open[workspace] = batch = new Batch(_open.GetValueOrDefault(workspace)?.Done ?? Task.CompletedTask);

            batch.Notes.Add(note);
        }

        if (isFirst)
            await Write(workspace, batch, write);

        await batch.Done;
    }

    private async Task Write(WorkspaceId workspace, Batch batch, Func<IReadOnlyList<PendingNote>, Task> write)
    {
        await batch.Before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
            batch.IsFull = true;

        try
        {
            await write(batch.Notes);
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

        public List<PendingNote> Notes { get; } = [];

        public bool IsFull { get; set; }

        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => Written.Task;
    }
}
