using System.Diagnostics.CodeAnalysis;

namespace Vexa.Redis;

/// <summary>Commands of which no byte was written yet. It outlives connections, so a command may wait here for the next one.</summary>
internal sealed class Outbox
{
    private readonly Lock _gate = new();
    private readonly Queue<CommandRequest> _waiting = new();
    private readonly Signal _work = new();
    private bool _closed;

    public void Add(CommandRequest request)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(RedisClient));
            _waiting.Enqueue(request);
        }

        _work.Set();
    }

    /// <summary>Makes the writer look again, as it also does for subscriptions.</summary>
    public void Wake() => _work.Set();

    public ValueTask WaitForWork(CancellationToken ct) => _work.Wait(ct);

    public bool TryTake([NotNullWhen(true)] out CommandRequest? request)
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out request))
            {
                if (!request.IsOver)
                    return true;
            }
        }

        return false;
    }

    /// <summary>Refuses what was issued before a timestamp. All wait equally long, so those are the first in the queue.</summary>
    public void Expire(long issuedBefore, Func<RedisUnavailableException> reason)
    {
        lock (_gate)
        {
            while (_waiting.TryPeek(out var oldest) && (oldest.IsOver || oldest.IssuedAt <= issuedBefore))
                _waiting.Dequeue().Refuse(reason());
        }
    }

    /// <summary>Refuses everything, now and later.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            while (_waiting.TryDequeue(out var request))
                request.Refuse(new RedisUnavailableException("The Redis client was closed before the command was sent.", outcomeUnknown: false));
        }
    }
}
