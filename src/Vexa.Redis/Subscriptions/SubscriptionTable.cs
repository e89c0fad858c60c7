using System.Diagnostics.CodeAnalysis;

namespace Vexa.Redis;

/// <summary>
/// Who wants to hear of which channel. The table says what is wanted; the writer of the connection brings the server there, one
/// change at a time, by comparing with what was sent on that connection. So a change that was lost with a connection needs no
/// care: the next one begins with all that is wanted.
/// </summary>
internal sealed class SubscriptionTable(TimeProvider time, Action wakeWriter)
{
    private sealed class Wanted
    {
        public readonly List<RedisSubscription> Subscribers = [];
        public readonly TaskCompletionSource Confirmed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Wanted> _wanted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _sent = new(StringComparer.Ordinal);

    /// <summary>Channels whose wanted state may differ from the sent one.</summary>
    private readonly SortedSet<string> _changed = new(StringComparer.Ordinal);

    /// <summary>How many channels are wanted.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _wanted.Count;
        }
    }

    /// <returns>A subscriber, and the task that ends when the server has confirmed the channel.</returns>
    public (RedisSubscription Subscription, Task Confirmed) Add(string channel)
    {
        var subscription = new RedisSubscription(this, channel, time);
        Task confirmed;
        lock (_gate)
        {
            if (!_wanted.TryGetValue(channel, out var wanted))
            {
                wanted = new();
                _wanted.Add(channel, wanted);
                _changed.Add(channel);
            }

            wanted.Subscribers.Add(subscription);
            confirmed = wanted.Confirmed.Task;
        }

        wakeWriter();
        return (subscription, confirmed);
    }

    public void Remove(RedisSubscription subscription)
    {
        lock (_gate)
        {
            var channel = subscription.Channel;
            // It may be gone already, and the channel wanted anew by others, where the server refused it.
            if (!_wanted.TryGetValue(channel, out var wanted) || !wanted.Subscribers.Remove(subscription) || wanted.Subscribers.Count > 0)
                return;
            _wanted.Remove(channel);
            wanted.Confirmed.TrySetCanceled();
            if (_sent.Contains(channel))
                _changed.Add(channel);
            else
                _changed.Remove(channel);
        }

        wakeWriter();
    }

    /// <summary>A new connection: nothing is subscribed on it.</summary>
    public void StartOver()
    {
        lock (_gate)
        {
            _sent.Clear();
            _changed.Clear();
            _changed.UnionWith(_wanted.Keys);
        }
    }

    public bool TryTakeChange([NotNullWhen(true)] out SubscriptionRequest? change)
    {
        lock (_gate)
        {
            while (_changed.Min is { } channel)
            {
                _changed.Remove(channel);
                if (_wanted.TryGetValue(channel, out var wanted))
                {
                    // Left and wanted anew before we got here: the channel is subscribed, but who waits must be told, so ask again.
                    if (_sent.Add(channel) || !wanted.Confirmed.Task.IsCompleted)
                    {
                        change = new(this, channel, subscribe: true);
                        return true;
                    }
                }
                else if (_sent.Remove(channel))
                {
                    change = new(this, channel, subscribe: false);
                    return true;
                }
            }
        }

        change = null;
        return false;
    }

    /// <summary>Whether a push confirms a SUBSCRIBE or UNSUBSCRIBE.</summary>
    public static bool IsConfirmation(RespValue push) =>
        push.Items is [var kind, _, _] && kind.Kind is RespKind.BulkString or RespKind.SimpleString
        && (kind.AsBytes().Span.SequenceEqual("subscribe"u8) || kind.AsBytes().Span.SequenceEqual("unsubscribe"u8));

    public void Confirm(string channel)
    {
        lock (_gate)
        {
            if (!_wanted.TryGetValue(channel, out var wanted) || wanted.Confirmed.TrySetResult())
                return;
            // Confirmed before, so this is another connection, and messages may have passed in between.
            foreach (var subscriber in wanted.Subscribers)
                subscriber.Hint();
        }
    }

    public void Refuse(string channel, RedisReplyException reason)
    {
        lock (_gate)
        {
            _sent.Remove(channel);
            if (!_wanted.Remove(channel, out var wanted))
                return;
            wanted.Confirmed.TrySetException(reason);
            foreach (var subscriber in wanted.Subscribers)
                subscriber.Close(reason);
        }
    }

    /// <summary>Tells the subscribers of a message's channel. What the message says is not kept: it is only a hint.</summary>
    public void Hint(RespValue push)
    {
        if (push.Items is not [var kind, var channel, _] || kind.AsString() != "message")
            return;
        lock (_gate)
        {
            if (!_wanted.TryGetValue(channel.AsString(), out var wanted))
                return;
            foreach (var subscriber in wanted.Subscribers)
                subscriber.Hint();
        }
    }

    /// <summary>The client closes: nobody is to wait any longer.</summary>
    public void Close()
    {
        lock (_gate)
        {
            foreach (var wanted in _wanted.Values)
            {
                wanted.Confirmed.TrySetCanceled();
                foreach (var subscriber in wanted.Subscribers)
                    subscriber.Close(null);
            }

            _wanted.Clear();
            _changed.Clear();
        }
    }
}
