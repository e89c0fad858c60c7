using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace Vexa.Redis;

/// <summary>
/// One signed-in connection that speaks RESP3. One reader and one writer may use it at the same time, not more. After any
/// exception it is to be disposed.
/// </summary>
internal sealed class RespConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly RespParser _parser;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private long _lastReceived;

    private RespConnection(Socket socket, Stream stream, RedisOptions options, TimeProvider time)
    {
        _socket = socket;
        _stream = stream;
        _time = time;
        _parser = new RespParser(options.MaxReplyBytes);
        _lastReceived = time.GetTimestamp();
    }

    /// <summary>Timestamp of the time provider at which bytes came last.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    /// <summary>
    /// Whether an idle connection can still be used. On one that owes us nothing, something to read is its end, or a reply to
    /// nobody, which is as bad.
    /// </summary>
    public bool LooksAlive
    {
        get
        {
            try
            {
                return _start == _end && _parser.IsBetweenValues && !_socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception e) when (IsFault(e))
            {
                return false;
            }
        }
    }

    /// <summary>Connects and signs in.</summary>
    /// <exception cref="RedisUnavailableException">It did not succeed within <see cref="RedisOptions.ConnectTimeout"/>.</exception>
    public static async Task<RespConnection> Open(RedisOptions options, TimeProvider time, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        RespConnection? connection = null;
        try
        {
            var (socket, stream) = await Transport.Open(options, either.Token);
            connection = new(socket, stream, options, time);
            await connection.SignIn(options, either.Token);
            return connection;
        }
        catch (Exception e)
        {
            if (connection is not null)
                await connection.DisposeAsync();
            if (e is OperationCanceledException && !ct.IsCancellationRequested)
                throw new RedisUnavailableException($"Redis at {options} did not answer within {options.ConnectTimeout.TotalSeconds:0.###} s.", false, e);
            if (e is RedisReplyException refusal)
                throw new RedisUnavailableException($"Redis at {options} refused the connection: {refusal.Message}", false, e);
            if (IsFault(e))
                throw new RedisUnavailableException($"Redis at {options} cannot be reached: {e.Message}", false, e);
            throw;
        }
    }

    /// <summary>Whether an exception means that the connection is lost, rather than that our code is wrong.</summary>
    public static bool IsFault(Exception e) =>
        e is IOException or SocketException or ObjectDisposedException or RespProtocolException or AuthenticationException
            or CryptographicException or UnauthorizedAccessException;

    public ValueTask Write(ReadOnlyMemory<byte> bytes, CancellationToken ct) => _stream.WriteAsync(bytes, ct);

    /// <summary>The next value that the server sends, a push included.</summary>
    /// <exception cref="EndOfStreamException">The server closed the connection.</exception>
    /// <exception cref="RespProtocolException">The server sent nonsense.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<RespValue> Read(CancellationToken ct)
    {
        while (true)
        {
            if (TryTake(out var value))
                return value;
            _start = 0;
            _end = 0;
            _end = await _stream.ReadAsync(_buffer, ct);
            if (_end == 0)
                throw new EndOfStreamException("the server closed the connection");
            Volatile.Write(ref _lastReceived, _time.GetTimestamp());
        }
    }

    public ValueTask DisposeAsync()
    {
        // Not a graceful end of TLS: that could wait for a peer that is gone.
        _socket.Dispose();
        return _stream.DisposeAsync();
    }

    private bool TryTake(out RespValue value)
    {
        ReadOnlySpan<byte> input = _buffer.AsSpan(_start, _end - _start);
        var complete = _parser.TryRead(ref input, out value);
        _start = _end - input.Length;
        return complete;
    }

    private async Task SignIn(RedisOptions options, CancellationToken ct)
    {
        var hello = options.Password is null
            ? RedisCommand.Internal("HELLO", 3, "SETNAME", options.ClientName)
            : RedisCommand.Internal("HELLO", 3, "AUTH", options.User ?? "default", options.Password, "SETNAME", options.ClientName);
        await Write(hello.Wire, ct);
        var greeting = await Read(ct);
        if (greeting.IsError)
            throw RedisReplyException.From(greeting);
        if (greeting.Kind != RespKind.Map || !greeting.TryGet("proto", out var version) || version.Kind != RespKind.Integer || version.AsInt64() != 3)
            throw new RespProtocolException("what answers is no Redis that speaks RESP3");

        // A server that is still loading its data greets, but answers nothing else. Not being allowed to ask is no fault.
        await Write(RedisCommand.Internal("PING").Wire, ct);
        var pong = await Read(ct);
        if (pong.IsError && RedisReplyException.From(pong) is { Code: "LOADING" or "MASTERDOWN" } notReady)
            throw notReady;
        if (!pong.IsError && (pong.Kind != RespKind.SimpleString || pong.AsString() != "PONG"))
            throw new RespProtocolException("what answers is no Redis");
    }
}
