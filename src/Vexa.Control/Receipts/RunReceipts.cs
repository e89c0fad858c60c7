using System.Collections.Concurrent;
using Vexa.Contracts;

namespace Vexa.Control.Receipts;

/// <summary>The receipts of one run: what each turn used, and which commits have theirs.</summary>
internal sealed class RunReceipts(ReceiptWriter writer) : IDisposable
{
    private readonly ConcurrentDictionary<TurnId, TurnTally> _tallies = new();
    private readonly ConcurrentDictionary<(WorkspaceId, string), bool> _written = new();

    public TurnTally TallyOf(TurnId turn) => _tallies.GetOrAdd(turn, _ => new TurnTally());

    /// <summary>For the commits of a turn that has ended.</summary>
    public async Task Write(Run run, TurnId turn, CancellationToken stop)
    {
        foreach (var commit in run.Turns.Where(t => t.Id == turn).SelectMany(t => t.Commits))
            if (_written.TryAdd((commit.Workspace, commit.Sha), true))
                await writer.Write(run, turn, TallyOf(turn), commit, stop);
    }

    /// <summary>For the commits that came on record after their turn had ended.</summary>
    public async Task WriteRest(Run run, CancellationToken stop)
    {
        foreach (var turn in run.Turns)
            await Write(run, turn.Id, stop);
    }

    public void Dispose()
    {
        foreach (var tally in _tallies.Values)
            tally.Dispose();
    }
}
