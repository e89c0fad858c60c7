using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Vexa.Worker.Door;

/// <summary>
/// A small HTTP/1.1 client over one Unix socket. Not HttpClient, because its first request alone costs more than the whole start-up
/// budget of the worker: see the measurements in README.md. It is for one trusted server, so it needs no proxies, redirects, cookies,
/// TLS or pools of hosts: connections are kept alive in a stack, and a request that fails on a kept one before a byte of the reply came
/// is sent once more on a fresh one (the server may have closed it meanwhile).
/// </summary>
internal sealed class UnixHttpClient(string socketPath) : IDisposable
{
    private const int MaxBody = 32 * 1024 * 1024;

    private readonly ConcurrentStack<Connection> _idle = new();
    private volatile bool _disposed;

    /// <summary>Sends one request and reads its reply.</summary>
    /// <param name="bearer">Token for the Authorization header.</param>
    /// <param name="mediaType">Of the body; null where there is none.</param>
    /// <param name="body">Read from its start at every attempt; must be seekable.</param>
    /// <exception cref="IOException">No reply, or not an HTTP one.</exception>
    /// <exception cref="SocketException">No connection.</exception>
    public async Task<HttpReply> Send(
        string method, string target, string bearer, string? mediaType, Stream body, CancellationToken cancellation)
    {
        while (_idle.TryPop(out var kept))
        {
            if (await TrySend(kept, method, target, bearer, mediaType, body, cancellation) is { } reply)
                return reply;
        }

        var fresh = await Connection.Open(socketPath, cancellation);
        return await TrySend(fresh, method, target, bearer, mediaType, body, cancellation)
            ?? throw new IOException("The connection ended before a reply came.");
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryPop(out var connection))
            connection.Dispose();
    }

    // Null: the connection was found dead before the server said anything.
    private async Task<HttpReply?> TrySend(
        Connection connection, string method, string target, string bearer, string? mediaType, Stream body, CancellationToken cancellation)
    {
        var keep = false;
        try
        {
            var sent = await connection.TryWrite(Head(method, target, bearer, mediaType, body.Length), body, cancellation);
            var reply = await connection.Reader.Read(cancellation);
            keep = sent && reply.KeepAlive && !_disposed;
            return reply;
        }
        catch (Exception e) when (e is IOException or SocketException && !connection.Reader.Began)
        {
            return null;
        }
        finally
        {
            if (keep)
                _idle.Push(connection);
            else
                connection.Dispose();
        }
    }

    private static byte[] Head(string method, string target, string bearer, string? mediaType, long length)
    {
        var type = mediaType is null ? "" : $"Content-Type: {mediaType}\r\n";
        var size = method == "GET" ? "" : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n");
        return Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {bearer}\r\n{type}{size}\r\n");
    }

    private sealed class Connection : IDisposable
    {
        private readonly NetworkStream _stream;

        private Connection(NetworkStream stream) => (_stream, Reader) = (stream, new(stream, MaxBody));

        public HttpReplyReader Reader { get; }

        public static async Task<Connection> Open(string path, CancellationToken cancellation)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            return new(new NetworkStream(socket, ownsSocket: true));
        }

        /// <summary>False where the server stopped reading: it may have answered already, so its reply is still worth reading.</summary>
        public async Task<bool> TryWrite(byte[] head, Stream body, CancellationToken cancellation)
        {
            try
            {
                // One packet for a small request.
                body.Position = 0;
                if (body.Length <= 64 * 1024)
                {
                    var whole = new byte[head.Length + body.Length];
                    head.CopyTo(whole, 0);
                    await body.ReadExactlyAsync(whole.AsMemory(head.Length), cancellation);
                    await _stream.WriteAsync(whole, cancellation);
                    return true;
                }

                await _stream.WriteAsync(head, cancellation);
                await body.CopyToAsync(_stream, cancellation);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }

        public void Dispose() => _stream.Dispose();
    }
}
