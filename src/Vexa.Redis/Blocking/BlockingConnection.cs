namespace Vexa.Redis;

/// <summary>A connection of one's own, for commands that block. One command at a time. Disposing gives it back.</summary>
public sealed class BlockingConnection : IAsyncDisposable
{
    private readonly BlockingPool _pool;
    private readonly RespConnection _connection;
    private int _state = Idle;

    private const int Idle = 0;
    private const int Busy = 1;
    private const int Broken = 2;
    private const int Returned = 3;

    internal BlockingConnection(BlockingPool pool, RespConnection connection)
    {
        _pool = pool;
        _connection = connection;
    }

    /// <summary>
    /// Performs a command, and waits for its reply as long as it takes: bound it by the command's own timeout, or by
    /// <paramref name="ct"/>. Cancelling closes the connection, which ends the wait at once and lets the server forget the command;
    /// what it may have done by then is unknown.
    /// </summary>
    /// <exception cref="RedisReplyException">The server answered with an error. The connection can be used on.</exception>
    /// <exception cref="RedisUnavailableException">The connection was lost. It is of no use any more; rent another.</exception>
    /// <exception cref="InvalidOperationException">Another command is running, or the connection was lost or given back.</exception>
    public async ValueTask<RespValue> Execute(RedisCommand command, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(command);
        CommandRules.Check(command, CommandUse.Blocking);
        ct.ThrowIfCancellationRequested();
        if (Interlocked.CompareExchange(ref _state, Busy, Idle) is not Idle and var state)
            throw new InvalidOperationException(state == Busy ? "Another command is running on this connection." : "This connection is closed.");

        RespValue reply;
        try
        {
            await _connection.Write(command.Wire, ct);
            do
                reply = await _connection.Read(ct);
            while (reply.Kind == RespKind.Push);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _state, Broken, Busy);
            await _connection.DisposeAsync();
            ct.ThrowIfCancellationRequested();
            if (RespConnection.IsFault(e))
            {
                throw new RedisUnavailableException(
                    $"The connection to Redis was lost while {command} waited for its reply, so whether it was performed is unknown: {e.Message}",
                    outcomeUnknown: true,
                    e);
            }

            throw;
        }

        Interlocked.CompareExchange(ref _state, Idle, Busy);
        return reply.IsError ? throw RedisReplyException.From(reply) : reply;
    }

    /// <summary>Gives the connection back; where a command is still running, closes it instead, which ends that command.</summary>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _state, Returned) switch
    {
        Idle => _pool.Return(_connection, reusable: true),
        Returned => ValueTask.CompletedTask,
        _ => _pool.Return(_connection, reusable: false),
    };
}
