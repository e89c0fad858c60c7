using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Control.Runs;

/// <summary>
/// Owns the story of every live run: each is a task of this process, ended with it, and taken up again from its record by the next.
/// </summary>
internal sealed partial class LiveRuns(ILogger<LiveRuns> log) : IHostedService, IDisposable
{
    private static readonly TimeSpan LongestEnding = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<DispatchId, LiveRun> _runs = new();
    private readonly Dictionary<SessionId, Gate> _sessions = [];
    private readonly CancellationTokenSource _stop = new();

    public LiveRun? Find(DispatchId id) => _runs.GetValueOrDefault(id);

    /// <summary>The live run of a session that takes messages; the newest, where an older one is still being closed.</summary>
    public LiveRun? OfSession(SessionId session) =>
        _runs.Values.Where(r => r.Run.Session == session).MaxBy(r => r.Run.CreatedAt);

    /// <summary>Takes a run on; its story runs until it is closed or this process stops.</summary>
    public void Start(LiveRun run, Func<CancellationToken, Task> story)
    {
        _runs[run.Run.Id] = run;
        run.Story = Task.Run(async () =>
        {
            try
            {
                await story(_stop.Token);
                // Whoever found it a moment ago may go on with it: it says itself that it is closed.
                _runs.TryRemove(run.Run.Id, out _);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // The next process takes it up from the record.
            }
            catch (Exception fault)
            {
                // It stays in the list, visibly live, and in its record: a restart takes it up again. Nothing is declared that is not so.
                StoryBroken(log, fault, run.Run.Id);
            }
        });
    }

    /// <summary>One message at a time per session: so two at once meet in one container, in order.</summary>
    public async Task<IDisposable> LockSession(SessionId session, CancellationToken ct)
    {
        Gate? gate;
        lock (_sessions)
        {
            if (!_sessions.TryGetValue(session, out gate))
                _sessions[session] = gate = new Gate();

            gate.Users++;
        }

        try
        {
            await gate.Free.WaitAsync(ct);
            return new Held(this, session, gate);
        }
        catch
        {
            Leave(session, gate);
            throw;
        }
    }

    private void Leave(SessionId session, Gate gate)
    {
        lock (_sessions)
            if (--gate.Users == 0)
                _sessions.Remove(session);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Those whose container has ended are nearly told: what is recorded now is recorded as it was.
        await Task.WhenAll(_runs.Values.Where(r => r.IsEnding).Select(r => r.Story)).WaitAsync(LongestEnding, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync();
        await Task.WhenAll(_runs.Values.Select(r => r.Story)).WaitAsync(TimeSpan.FromSeconds(3), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();

    [LoggerMessage(Level = LogLevel.Error, Message = "the story of run {Run} broke off")]
    private static partial void StoryBroken(ILogger log, Exception fault, DispatchId run);

    private sealed class Gate
    {
        public SemaphoreSlim Free { get; } = new(1);

        /// <summary>Who holds it or waits for it; the last one to leave takes it away.</summary>
        public int Users { get; set; }
    }

    private sealed class Held(LiveRuns owner, SessionId session, Gate gate) : IDisposable
    {
        public void Dispose()
        {
            gate.Free.Release();
            owner.Leave(session, gate);
        }
    }
}
