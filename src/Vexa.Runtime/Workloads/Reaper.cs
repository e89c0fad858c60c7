using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Runtime.Door;
using Vexa.Runtime.Mounts;

namespace Vexa.Runtime.Workloads;

/// <summary>
/// Removes what workloads leave on this node, and where something cannot be removed, tries again until nothing is left: an engine may be
/// away, a mount be busy. It reads no list of its own making: each attempt looks at the world anew.
/// </summary>
/// <param name="remove">Removes all of a workload that is there, and tells what it could not.</param>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without wait handle holds nothing.")]
internal sealed partial class Reaper(Func<DispatchId, IEnumerable<SnapshotKey>, Task<IReadOnlyList<Leftover>>> remove, TimeProvider time, ILogger<Reaper> log)
{
    /// <summary>Beyond it, what is left stays for the next start of this role, which finds it by its record.</summary>
    public const int MostDebts = 1000;

    private const int AtOnce = 4;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan CloseBound = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly Dictionary<DispatchId, Debt> _debts = [];
    private readonly SemaphoreSlim _turns = new(AtOnce);
    private bool _closed;

    /// <summary>Those of which something is left that could not be removed yet.</summary>
    public IReadOnlyList<DispatchId> Owed
    {
        get
        {
            lock (_lock)
                return [.. _debts.Keys];
        }
    }

    /// <summary>Removes a workload. What cannot be removed now is logged, owed, and tried again.</summary>
    public async Task Remove(DispatchId id, IEnumerable<SnapshotKey> held)
    {
        var left = await remove(id, held);
        Tell(id, left);
        if (left.Any(part => part.IsOwed))
            Owe(id);
    }

    /// <summary>For what somebody else could not remove.</summary>
    public void Owe(DispatchId id)
    {
        lock (_lock)
        {
            if (_closed || _debts.ContainsKey(id))
                return;

            if (_debts.Count < MostDebts)
            {
                var debt = new Debt();
                _debts[id] = debt;
                debt.Paying = Pay(id, debt);
                return;
            }
        }

        TooMany(id, MostDebts);
    }

    /// <summary>For whoever starts an id again: from here on nothing of it is removed behind his back, and nothing is left of before.</summary>
    /// <exception cref="VexaException">Something is left; then <see cref="Remove"/> has to be called.</exception>
    public async Task Settle(DispatchId id)
    {
        Debt? debt;
        lock (_lock)
            if (!_debts.Remove(id, out debt))
                return;

        await debt.Stop.CancelAsync();
        await debt.Paying;
        if (!debt.IsPaid && (await remove(id, [])).FirstOrDefault(part => part.IsOwed) is { } left)
            throw new VexaException(Stage.RuntimeStart, Party.Operator, "workload-left-over", $"The {left.Part} of an earlier start of '{id}' could not be removed yet.",
                "It is tried again all the time; try again in a while. The cause is in the log: vexa logs", left.Why);
    }

    /// <summary>Tries once more, and then leaves what is left to the next start of this role.</summary>
    public async Task Close()
    {
        var debts = Forget();
        var last = Task.WhenAll(debts.Select(async owed =>
        {
            await owed.Debt.Paying;
            if (!owed.Debt.IsPaid)
                Tell(owed.Id, await Try(owed.Id));
        }));
        try
        {
            await last.WaitAsync(CloseBound, time);
        }
        catch (TimeoutException)
        {
            Unpaid(debts.Count);
        }
    }

    /// <summary>Lets go of all debts, and pays none.</summary>
    public void LetGo() => Forget();

    private List<(DispatchId Id, Debt Debt)> Forget()
    {
        lock (_lock)
        {
            _closed = true;
            List<(DispatchId Id, Debt Debt)> debts = [.. _debts.Select(owed => (owed.Key, owed.Value))];
            _debts.Clear();
            foreach (var (_, debt) in debts)
                debt.Stop.Cancel();

            return debts;
        }
    }

    private async Task Pay(DispatchId id, Debt debt)
    {
        var told = "";
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await Task.Delay(pause, time, debt.Stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            if (debt.Stop.IsCancellationRequested)
                return;

            var left = (await Try(id)).Where(part => part.IsOwed).ToList();
            if (left.Count == 0)
            {
                lock (_lock)
                    if (_debts.GetValueOrDefault(id) == debt)
                        _debts.Remove(id);
                debt.IsPaid = true;
                Paid(id);
                return;
            }

            // For as long as nothing changes, the log has it already.
            var text = string.Join(", ", left.Select(part => $"{part.Part}: {part.Why.Message}"));
            if (text != told)
                Owing(id, text);
            told = text;
        }
    }

    private async Task<IReadOnlyList<Leftover>> Try(DispatchId id)
    {
        await _turns.WaitAsync();
        try
        {
            return await remove(id, []);
        }
        finally
        {
            _turns.Release();
        }
    }

    private void Tell(DispatchId id, IReadOnlyList<Leftover> left)
    {
        foreach (var part in left)
            if (part.Why is VexaException { Rule: DoorClient.Unreachable })
                NotRemoved(id, part.Part, part.Why.Message);
            else
                NotRemoved(id, part.Part, part.Why);
    }

    private sealed class Debt
    {
        public CancellationTokenSource Stop { get; } = new();
        public Task Paying { get; set; } = Task.CompletedTask;
        public bool IsPaid { get; set; }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id}: its {Part} could not be removed: {Why}")]
    private partial void NotRemoved(DispatchId id, string part, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id}: its {Part} could not be removed")]
    private partial void NotRemoved(DispatchId id, string part, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id}: still to be removed: {Left}")]
    private partial void Owing(DispatchId id, string left);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Id}: removed at last")]
    private partial void Paid(DispatchId id);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Id}: what is left of it is removed by the next start of this role: {Most} removals are owed already")]
    private partial void TooMany(DispatchId id, int most);

    [LoggerMessage(Level = LogLevel.Error, Message = "what is left of up to {Count} workloads is removed by the next start of this role")]
    private partial void Unpaid(int count);
}

/// <summary>What could not be removed of a workload.</summary>
/// <param name="Part">Its container, its mounts, ...</param>
internal sealed record Leftover(string Part, Exception Why)
{
    /// <summary>False for what goes by itself.</summary>
    public bool IsOwed { get; init; } = true;
}
