using Vexa.Contracts;

namespace Vexa.Control.Runs;

/// <summary>A run whose container may still live: its record, changed by one at a time, and the task that tells its story.</summary>
internal sealed class LiveRun(Run run, RunJournal journal) : IDisposable
{
    private readonly SemaphoreSlim _changing = new(1);

    private bool _closed;

    /// <summary>The record as last saved.</summary>
    public Run Run { get; private set; } = run;

    /// <summary>Ends when the run is closed.</summary>
    public Task Story { get; set; } = Task.CompletedTask;

    /// <summary>Changes the record and saves it. A failed save leaves it as it was.</summary>
    public async Task Change(Func<Run, Run> change, CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            var changed = change(Run);
            if (_closed || changed == Run)
                return;

            await journal.Save(changed, ct);
            Run = changed;
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

    public void Dispose() => _changing.Dispose();
}
