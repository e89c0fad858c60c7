using System.Diagnostics.CodeAnalysis;
using Vexa.Contracts;

namespace Vexa.Control.Runs;

/// <summary>A run whose container may still live: its record, changed by one at a time, and the task that tells its story.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without wait handle holds nothing, and whoever found the run may come to it after its end.")]
internal sealed class LiveRun(Run run, RunJournal journal)
{
    private readonly SemaphoreSlim _changing = new(1);
    private readonly SemaphoreSlim _receiving = new(1);
    private readonly Lock _holding = new();
    private readonly TaskCompletionSource _free = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _holds;
    private bool _closed;

    /// <summary>The record as last saved.</summary>
    public Run Run { get; private set; } = run;

    /// <summary>Ends when the run is closed.</summary>
    public Task Story { get; set; } = Task.CompletedTask;

    /// <summary>Its container has ended: the rest of its story is short.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Work of it may have landed that is not on its record.</summary>
    public bool MayLackWork { get; set; }

    /// <summary>Nothing new is begun for it.</summary>
    public bool IsClosing { get; private set; }

    /// <summary>
    /// Keeps the run from being closed, so that what is done for it meanwhile comes on its record and stream; null where it is being closed.
    /// </summary>
    public IDisposable? TryHold()
    {
        lock (_holding)
        {
            if (IsClosing)
                return null;

            _holds++;
            return new Hold(this);
        }
    }

    /// <summary>
    /// Its turn to send a bundle. One is received at a time, and those that wait are not read: else a hundred connections, each with a bundle
    /// of the largest size, would fill the memory that everybody's workspaces are received in.
    /// </summary>
    public async Task<IDisposable> EnterReceiving(CancellationToken ct)
    {
        await _receiving.WaitAsync(ct);
        return new Received(_receiving);
    }

    /// <summary>Lets nothing new begin, and waits for what is under way.</summary>
    public Task StopTaking()
    {
        lock (_holding)
        {
            IsClosing = true;
            if (_holds == 0)
                _free.TrySetResult();
        }

        return _free.Task;
    }

    /// <summary>Changes the record and saves it. A failed save leaves it as it was; a closed record stays as it is.</summary>
    public Task Change(Func<Run, Run> change, CancellationToken ct) => ChangeAfter(_ => Task.FromResult(true), change, ct);

    /// <summary>Changes the record and saves it where a step before says so; nothing comes between the two.</summary>
    /// <returns>What the step said.</returns>
    public async Task<bool> ChangeAfter(Func<Run, Task<bool>> step, Func<Run, Run> change, CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            if (!await step(Run))
                return false;

            var changed = change(Run);
            if (!_closed && changed != Run)
            {
                await journal.Save(changed, ct);
                Run = changed;
            }

            return true;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Does something while the record stays as it is.</summary>
    public async Task<T> Alone<T>(Func<Run, Task<T>> step, CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            return await step(Run);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Closes the record; no later change brings it back to life.</summary>
    public async Task Close(Func<Run, Run> change, CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            _closed = true;
            Run = change(Run);
            await journal.Close(Run, ct);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Changes one turn of the record.</summary>
    public Task ChangeTurn(TurnId turn, Func<RunTurn, RunTurn> change, CancellationToken ct) =>
        Change(run => run with { Turns = [.. run.Turns.Select(t => t.Id == turn ? change(t) : t)] }, ct);

    private void LetGo()
    {
        lock (_holding)
            if (--_holds == 0 && IsClosing)
                _free.TrySetResult();
    }

    private sealed class Received(SemaphoreSlim receiving) : IDisposable
    {
        public void Dispose() => receiving.Release();
    }

    private sealed class Hold(LiveRun run) : IDisposable
    {
        public void Dispose() => run.LetGo();
    }
}
