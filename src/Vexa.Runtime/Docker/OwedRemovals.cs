using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Runtime.Docker;

/// <summary>Containers that could not be removed while the engine was away: tried again until they are gone.</summary>
/// <param name="remove">Does nothing where nothing is left.</param>
internal sealed partial class OwedRemovals(Func<DispatchId, CancellationToken, Task> remove, TimeProvider time, ILogger log) : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<DispatchId, Debt> _debts = new();

    public void Add(DispatchId id)
    {
        var debt = new Debt();
        if (_debts.TryAdd(id, debt))
            debt.Paying = Pay(id, debt);
    }

    /// <summary>Forgets it: whoever starts a container of that name removes the old one himself.</summary>
    public async Task Forget(DispatchId id)
    {
        if (!_debts.TryRemove(id, out var debt))
            return;

        await debt.Stop.CancelAsync();
        await debt.Paying;
    }

    public void Dispose()
    {
        foreach (var debt in _debts.Values)
            debt.Stop.Cancel();
    }

    private async Task Pay(DispatchId id, Debt debt)
    {
        while (!debt.Stop.IsCancellationRequested)
        {
            await Task.Delay(Delay, time, debt.Stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await remove(id, debt.Stop.Token);
                Paid(id);
                _debts.TryRemove(KeyValuePair.Create(id, debt));
                return;
            }
            catch (Exception still) when (still is VexaException or IOException or OperationCanceledException)
            {
                // Told once, when it came to be owed; here again until it is gone.
            }
        }
    }

    private sealed class Debt
    {
        public CancellationTokenSource Stop { get; } = new();
        public Task Paying { get; set; } = Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Id}: removed, now that the engine answers again")]
    private partial void Paid(DispatchId id);
}
