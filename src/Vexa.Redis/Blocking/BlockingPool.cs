namespace Vexa.Redis;

/// <summary>Connections for commands that block. A connection is reused only where it owes no reply and shows no sign of its end.</summary>
internal sealed class BlockingPool(RedisOptions options, TimeProvider time) : IAsyncDisposable
{
    private const int KeepIdle = 16;

    private readonly Lock _gate = new();
    private readonly Stack<RespConnection> _idle = new();
    private readonly HashSet<RespConnection> _rented = [];
    private readonly SemaphoreSlim _free = new(options.MaxBlockingConnections);
    private bool _closed;

    /// <summary>Connections that wait to be rented.</summary>
    public int IdleCount
    {
        get
        {
            lock (_gate)
                return _idle.Count;
        }
    }

    public async ValueTask<BlockingConnection> Rent(CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(RedisClient));
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            await _free.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new RedisUnavailableException(
                $"All {options.MaxBlockingConnections} blocking connections (MaxBlockingConnections) are in use.", outcomeUnknown: false);
        }

        try
        {
            var connection = await TakeIdle() ?? await Connect(either.Token, ct);
            lock (_gate)
            {
                if (!_closed)
                {
                    _rented.Add(connection);
                    return new BlockingConnection(this, connection);
                }
            }

            await connection.DisposeAsync();
            throw new ObjectDisposedException(nameof(RedisClient));
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    public async ValueTask Return(RespConnection connection, bool reusable)
    {
        lock (_gate)
        {
            _rented.Remove(connection);
            reusable = reusable && !_closed && _idle.Count < KeepIdle && connection.LooksAlive;
            if (reusable)
                _idle.Push(connection);
        }

        if (!reusable)
            await connection.DisposeAsync();
        _free.Release();
    }

    public async ValueTask DisposeAsync()
    {
        RespConnection[] all;
        lock (_gate)
        {
            _closed = true;
            all = [.. _idle, .. _rented];
            _idle.Clear();
        }

        foreach (var connection in all)
            await connection.DisposeAsync();
    }

    private async ValueTask<RespConnection?> TakeIdle()
    {
        while (true)
        {
            RespConnection? connection;
            lock (_gate)
            {
                if (!_idle.TryPop(out connection))
                    return null;
            }

            if (connection.LooksAlive)
                return connection;
            await connection.DisposeAsync();
        }
    }

    /// <summary>Tries until it succeeds or <see cref="RedisOptions.ConnectTimeout"/> is over.</summary>
    private async Task<RespConnection> Connect(CancellationToken untilTimeout, CancellationToken caller)
    {
        var backoff = new Backoff();
        RedisUnavailableException? last = null;
        while (true)
        {
            try
            {
                await Task.Delay(backoff.Next(), time, untilTimeout);
                return await RespConnection.Open(options, time, untilTimeout);
            }
            catch (RedisUnavailableException e)
            {
                last = e;
            }
            catch (OperationCanceledException e) when (!caller.IsCancellationRequested)
            {
                throw last ?? new RedisUnavailableException(
                    $"Redis at {options} did not answer within {options.ConnectTimeout.TotalSeconds:0.###} s.", outcomeUnknown: false, e);
            }
        }
    }
}
