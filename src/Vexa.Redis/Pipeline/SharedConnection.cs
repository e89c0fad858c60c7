namespace Vexa.Redis;

/// <summary>Keeps a shared connection alive: connects, serves until it is lost, and connects again.</summary>
internal sealed class SharedConnection : IAsyncDisposable
{
    /// <summary>A connection that lasts shorter does not count as a success, or a server that drops us at once would be hammered.</summary>
    private static readonly TimeSpan Proven = TimeSpan.FromSeconds(1);

    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private readonly Outbox _outbox;
    private readonly SubscriptionTable _subscriptions;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _running;
    private volatile RedisStatus _status;

    public SharedConnection(RedisOptions options, TimeProvider time, Outbox outbox, SubscriptionTable subscriptions)
    {
        _options = options;
        _time = time;
        _outbox = outbox;
        _subscriptions = subscriptions;
        _status = new RedisStatus(false, time.GetUtcNow(), null, 0);
        _running = Task.Run(Serve);
    }

    public RedisStatus Status => _status;

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _running;
        _closing.Dispose();
    }

    private async Task Serve()
    {
        var backoff = new Backoff();
        try
        {
            while (true)
            {
                var connection = await Connect(backoff);
                var since = _time.GetTimestamp();
                _status = new(true, _time.GetUtcNow(), _status.LastFailure, _status.Connects + 1);
                var reason = await new PipelinedSession(connection, _outbox, _subscriptions, _options, _time).Run(_closing.Token);
                _status = _status with
                {
                    Connected = false,
                    Since = _time.GetUtcNow(),
                    LastFailure = $"The connection to Redis at {_options} was lost: {reason.Message}",
                };
                if (_time.GetElapsedTime(since) >= Proven)
                    backoff.Reset();
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Closed, as asked.
        }
        finally
        {
            _outbox.Close(); // However this ended, nobody is to wait for a writer that does not come.
        }
    }

    private async Task<RespConnection> Connect(Backoff backoff)
    {
        using var connected = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        var expiring = ExpireWaiting(connected.Token);
        try
        {
            while (true)
            {
                try
                {
                    await Task.Delay(backoff.Next(), _time, _closing.Token);
                    return await RespConnection.Open(_options, _time, _closing.Token);
                }
                catch (RedisUnavailableException e)
                {
                    _status = _status with { LastFailure = e.Message };
                }
            }
        }
        finally
        {
            await connected.CancelAsync();
            await expiring;
        }
    }

    /// <summary>While there is no connection, no command waits longer than <see cref="RedisOptions.ConnectTimeout"/>.</summary>
    private async Task ExpireWaiting(CancellationToken connected)
    {
        var longest = (long)(_options.ConnectTimeout.TotalSeconds * _time.TimestampFrequency);
        try
        {
            while (true)
            {
                await Task.Delay(_options.ConnectTimeout / 16, _time, connected);
                _outbox.Expire(_time.GetTimestamp() - longest, NotConnected);
            }
        }
        catch (OperationCanceledException) when (connected.IsCancellationRequested)
        {
            // The next writer takes what still waits.
        }
    }

    private RedisUnavailableException NotConnected() => new(
        $"The command was not sent, for there was no connection to Redis within {_options.ConnectTimeout.TotalSeconds:0.###} s. "
        + (_status.LastFailure ?? $"Redis at {_options} did not answer."),
        outcomeUnknown: false);
}
