using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Vexa.Worker.Door;

/// <summary>
/// Lets a CLI that only knows <c>http://127.0.0.1:port</c> reach the door: every connection on the container's loopback becomes one to
/// the door's socket, bound with the dispatch token before the CLI's first byte. Bytes are copied as they are, both ways, however long
/// a side is silent; the end of one direction is passed on as that.
/// </summary>
internal sealed class Forwarder : IDisposable
{
    private const int MaxConnections = 64;
    private const int BufferSize = 16 * 1024;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SemaphoreSlim _slots = new(MaxConnections);
    private readonly string _doorSocket;
    private readonly DoorToken _token;

    public Forwarder(string doorSocket, DoorToken token)
    {
        (_doorSocket, _token) = (doorSocket, token);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(MaxConnections);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
    }

    public int Port { get; }

    /// <summary>Accepts until cancelled. Beyond the cap, connections wait in the backlog.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        while (true)
        {
            await _slots.WaitAsync(cancellation);
            var client = await _listener.AcceptAsync(cancellation);
            // Its own owner: it ends with its sockets, which cancellation closes.
            _ = Serve(client, cancellation);
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task Serve(Socket client, CancellationToken cancellation)
    {
        try
        {
            using var near = client;
            using var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await far.ConnectAsync(new UnixDomainSocketEndPoint(_doorSocket), cancellation);
            if (!await Bind(far, cancellation))
                return;

            near.NoDelay = true;
            using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var up = Copy(near, far, broken);
            var down = Copy(far, near, broken);
            await Task.WhenAll(up, down);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            // To the CLI it is a connection that closed: it knows what to do then, and says so if it gives up.
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<bool> Bind(Socket far, CancellationToken cancellation)
    {
        await using var stream = new NetworkStream(far, ownsSocket: false);
        await stream.WriteAsync(
            Encoding.Latin1.GetBytes($"POST /v1/bind HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {_token.Current}\r\nContent-Length: 0\r\n\r\n"), cancellation);
        // The door speaks only when spoken to, so the reader cannot have taken in anything beyond this reply.
        var reply = await new HttpReplyReader(stream, maxBody: 8 * 1024).Read(cancellation);
        return reply is { Status: 204, KeepAlive: true };
    }

    private static async Task Copy(Socket from, Socket to, CancellationTokenSource broken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (int count; (count = await from.ReceiveAsync(buffer.AsMemory(0, BufferSize), SocketFlags.None, broken.Token)) > 0;)
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), SocketFlags.None, broken.Token);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // A reset on one side is the end of both.
            await broken.CancelAsync();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
