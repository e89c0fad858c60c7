namespace Vexa.Redis;

/// <summary>
/// A Redis client for one server. Everybody's commands share one pipelined connection, and everybody's subscriptions another; commands
/// that block get a connection of their own. It connects on its own and again, in the background. Safe for concurrent use; make one per
/// process.
/// </summary>
public sealed class RedisClient : IAsyncDisposable
{
    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private readonly Outbox _outbox = new();
    private readonly SubscriptionTable _subscriptions;
    private readonly SharedConnection _commands;
    private readonly SharedConnection _hints;
    private readonly BlockingPool _blocking;
    private int _disposed;

    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public RedisClient(RedisOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        _options = options;
        _time = time;
        // Not one connection for both: Redis closes one that subscribes as soon as its replies pile up (client-output-buffer-limit pubsub),
        // and a few large frames in a stream would then take everybody's commands away.
        var changes = new Outbox();
        _subscriptions = new(time, changes.Wake);
        _commands = new(options, time, _outbox, new SubscriptionTable(time, _outbox.Wake));
        _hints = new(options, time, changes, _subscriptions);
        _blocking = new(options, time);
    }

    /// <summary>How the connection for commands is.</summary>
    internal RedisStatus Status => _commands.Status;

    internal BlockingPool Blocking => _blocking;

    internal SubscriptionTable Subscriptions => _subscriptions;

    /// <summary>
    /// Performs a command. Commands go out in the order in which they are issued. Cancelling ends the wait only: a command that was
    /// written may still be performed.
    /// </summary>
    /// <exception cref="RedisReplyException">The server answered with an error.</exception>
    /// <exception cref="RedisUnavailableException">There was no connection within <see cref="RedisOptions.ConnectTimeout"/>, or it was lost.</exception>
    /// <exception cref="ArgumentException">The command blocks, or belongs to the client itself (MULTI, SELECT, SUBSCRIBE, ...).</exception>
    public ValueTask<RespValue> Execute(RedisCommand command, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(command);
        CommandRules.Check(command, CommandUse.Anywhere);
        if (ct.IsCancellationRequested)
            return ValueTask.FromCanceled<RespValue>(ct);
        var request = new CommandRequest(command, _time.GetTimestamp());
        _outbox.Add(request);
        return ct.CanBeCanceled ? Cancellable(request, ct) : new(request.Reply);
    }

    /// <summary>Runs a script, by its hash where the server knows it, and else by its text, which the server then remembers.</summary>
    /// <exception cref="RedisReplyException">The script failed.</exception>
    /// <exception cref="RedisUnavailableException">As for <see cref="Execute"/>.</exception>
    public async ValueTask<RespValue> Evaluate(
        RedisScript script, IReadOnlyList<string> keys, IReadOnlyList<RedisArg> args, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(script);
        RedisArg[] all = [script.Sha1, keys.Count, .. keys.Select(k => (RedisArg)k), .. args];
        try
        {
            return await Execute(RedisCommand.Of("EVALSHA", all), ct);
        }
        catch (RedisReplyException e) when (e.Code == "NOSCRIPT")
        {
            all[0] = script.Body;
            return await Execute(RedisCommand.Of("EVAL", all), ct);
        }
    }

    /// <summary>
    /// Subscribes to a channel, and returns when the server has confirmed it: what is published after that is not missed. Many
    /// subscriptions of one channel are one on the wire. After a reconnect it subscribes again and gives a hint.
    /// </summary>
    /// <exception cref="RedisReplyException">The server refused.</exception>
    /// <exception cref="RedisUnavailableException">No confirmation within <see cref="RedisOptions.ConnectTimeout"/>.</exception>
    public async Task<RedisSubscription> Subscribe(string channel, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(channel);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var (subscription, confirmed) = _subscriptions.Add(channel);
        try
        {
            await confirmed.WaitAsync(_options.ConnectTimeout, _time, ct);
            return subscription;
        }
        catch (Exception e)
        {
            await subscription.DisposeAsync();
            if (e is TimeoutException)
            {
                throw new RedisUnavailableException(
                    $"Redis did not confirm the subscription within {_options.ConnectTimeout.TotalSeconds:0.###} s. {_hints.Status.LastFailure}".TrimEnd(),
                    outcomeUnknown: false,
                    e);
            }

            ObjectDisposedException.ThrowIf(e is OperationCanceledException && !ct.IsCancellationRequested, this);
            throw;
        }
    }

    /// <summary>Rents a connection for commands that block. Dispose it to give it back.</summary>
    /// <exception cref="RedisUnavailableException">No connection within <see cref="RedisOptions.ConnectTimeout"/>.</exception>
    public ValueTask<BlockingConnection> RentBlocking(CancellationToken ct) => _blocking.Rent(ct);

    /// <summary>Closes everything; what still waits fails with <see cref="RedisUnavailableException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _commands.DisposeAsync();
        await _hints.DisposeAsync();
        _subscriptions.Close();
        await _blocking.DisposeAsync();
    }

    private static async ValueTask<RespValue> Cancellable(CommandRequest request, CancellationToken ct)
    {
        using var registration = ct.UnsafeRegister(static (state, token) => ((CommandRequest)state!).Cancel(token), request);
        return await request.Reply;
    }
}
