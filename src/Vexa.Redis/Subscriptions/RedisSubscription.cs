using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace Vexa.Redis;

/// <summary>
/// Hints that something happened on a channel. It is no queue: any number of messages, and a reconnect in which some may have been
/// lost, make one hint. Read the truth first, then wait, then read again. Disposing unsubscribes.
/// </summary>
public sealed class RedisSubscription : IAsyncDisposable
{
    private readonly SubscriptionTable _table;
    private readonly TimeProvider _time;
    private readonly Signal _signal = new();

    internal RedisSubscription(SubscriptionTable table, string channel, TimeProvider time)
    {
        _time = time;
        _table = table;
        Channel = channel;
    }

    public string Channel { get; }

    /// <summary>
    /// Returns when something happened since this last returned, or since the subscription began; at once where it already has.
    /// For one reader.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The subscription or its client was closed.</exception>
    /// <exception cref="RedisReplyException">The server refused to subscribe again after a reconnect.</exception>
    public async ValueTask Wait(CancellationToken ct)
    {
        try
        {
            await _signal.Wait(ct);
        }
        catch (ChannelClosedException e)
        {
            if (e.InnerException is not null)
                ExceptionDispatchInfo.Throw(e.InnerException);
            throw new ObjectDisposedException(nameof(RedisSubscription));
        }
    }

    /// <summary>As the other, but no longer than <paramref name="longest"/>; true where something happened.</summary>
    public async ValueTask<bool> Wait(TimeSpan longest, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(longest, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            await Wait(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync()
    {
        _table.Remove(this);
        _signal.Close();
        return ValueTask.CompletedTask;
    }

    internal void Hint() => _signal.Set();

    internal void Close(Exception? reason) => _signal.Close(reason);
}
