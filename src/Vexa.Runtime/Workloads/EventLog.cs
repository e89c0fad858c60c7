using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Vexa.Contracts;

namespace Vexa.Runtime.Workloads;

/// <summary>Every transition of the workloads that are known here, numbered for each, and told to whoever follows.</summary>
internal sealed class EventLog
{
    private const int LongestBacklog = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<DispatchId, List<WorkloadEvent>> _events = [];
    private readonly List<Channel<WorkloadEvent>> _followers = [];

    /// <summary>Takes over what an earlier process of this role had seen.</summary>
    public void Load(DispatchId id, IReadOnlyList<WorkloadEvent> events)
    {
        lock (_lock)
            _events[id] = [.. events];
    }

    public void Add(WorkloadStatus status, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (!_events.TryGetValue(status.Id, out var events))
                _events[status.Id] = events = [];

            var happened = new WorkloadEvent
            {
                Id = status.Id,
                Seq = events.Count == 0 ? 1 : events[^1].Seq + 1,
                // A clock that was set back must not turn their order around.
                At = events.Count > 0 && events[^1].At > now ? events[^1].At : now,
                State = status.State,
                StopReason = status.StopReason,
                ExitCode = status.ExitCode,
            };
            events.Add(happened);
            // Whoever does not keep up is let go, and finds what it missed by asking again.
            _followers.RemoveAll(follower => !follower.Writer.TryWrite(happened) && follower.Writer.TryComplete());
        }
    }

    /// <summary>The transitions of one workload so far; none where it is not known.</summary>
    public IReadOnlyList<WorkloadEvent> Of(DispatchId id)
    {
        lock (_lock)
            return _events.TryGetValue(id, out var events) ? [.. events] : [];
    }

    public void Forget(DispatchId id)
    {
        lock (_lock)
            _events.Remove(id);
    }

    /// <summary>All that is known, and then what happens, in order; ends where the reader falls too far behind.</summary>
    public async IAsyncEnumerable<WorkloadEvent> Follow([EnumeratorCancellation] CancellationToken ct)
    {
        var follower = Channel.CreateBounded<WorkloadEvent>(LongestBacklog);
        List<WorkloadEvent> known;
        lock (_lock)
        {
            known = [.. _events.Values.SelectMany(events => events).OrderBy(happened => happened.At)];
            _followers.Add(follower);
        }

        try
        {
            foreach (var happened in known)
                yield return happened;

            await foreach (var happened in follower.Reader.ReadAllAsync(ct))
                yield return happened;
        }
        finally
        {
            lock (_lock)
                _followers.Remove(follower);
        }
    }
}
