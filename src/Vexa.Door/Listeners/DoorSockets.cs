using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Door.Listeners;

/// <summary>
/// The sockets that agents call, one per dispatch: <c>&lt;run&gt;/door/&lt;dispatch&gt;/door.sock</c>. A connection is attested before Kestrel
/// sees it. The folders are the state: a door that starts again listens wherever one is.
/// </summary>
internal sealed partial class DoorSockets(DoorOptions options, ILogger<DoorSockets> log) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<DispatchId, DispatchSocket> _open = new();
    private readonly Lock _opening = new();
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateBounded<ConnectionContext>(256);
    private readonly SocketConnectionContextFactory _connections = new(new SocketConnectionFactoryOptions(), log);

    public ChannelReader<ConnectionContext> Accepted => _accepted.Reader;

    /// <summary>Listens again for every dispatch whose folder a former door left behind.</summary>
    public void Reopen()
    {
        Directory.CreateDirectory(options.ListenersFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var folder in Directory.EnumerateDirectories(options.ListenersFolder))
            if (Id.TryParse<DispatchId>(Path.GetFileName(folder), out var dispatch))
                Reopen(dispatch, folder);
    }

    /// <summary>Listens for a dispatch; a second time changes nothing.</summary>
    public void Open(DispatchId dispatch)
    {
        // Two that ask at once bind one socket: a second would listen on where nobody finds it, and nobody closes it.
        lock (_opening)
        {
            if (_open.ContainsKey(dispatch))
                return;

            var folder = Path.Combine(options.ListenersFolder, dispatch.Value);
            // Readable by the container's user, who sees it through a read-only mount; the folder above is ours alone.
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
            _open[dispatch] = new DispatchSocket(this, dispatch, Path.Combine(folder, "door.sock"));
        }
    }

    // Never makes the folder: one that the runtime removed a moment ago has no owner any more who would close it.
    private void Reopen(DispatchId dispatch, string folder)
    {
        lock (_opening)
            try
            {
                if (!_open.ContainsKey(dispatch))
                    _open[dispatch] = new DispatchSocket(this, dispatch, Path.Combine(folder, "door.sock"));
            }
            catch (Exception gone) when (gone is SocketException or IOException && !Directory.Exists(folder))
            {
                // Its dispatch ended while this door was away.
            }
    }

    /// <summary>Stops listening for a dispatch, ends its connections and removes its socket. One that never was is no failure.</summary>
    public async Task Close(DispatchId dispatch)
    {
        if (_open.TryRemove(dispatch, out var socket))
            await socket.DisposeAsync();

        var folder = Path.Combine(options.ListenersFolder, dispatch.Value);
        // Gone already where it was closed before: the answer to that may have been lost.
        if (!Directory.Exists(folder))
            return;

        File.Delete(Path.Combine(folder, "door.sock"));
        if (!Directory.EnumerateFileSystemEntries(folder).Any())
            Directory.Delete(folder);
    }

    public async ValueTask DisposeAsync()
    {
        _accepted.Writer.TryComplete();
        foreach (var socket in _open.Values)
            await socket.DisposeAsync();

        _connections.Dispose();
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA2213", Justification = "A semaphore without wait handle holds nothing, and a call under way still lets go of it.")]
    private sealed class DispatchSocket : IAsyncDisposable
    {
        // Enough for an agent that has helpers of its own; of the largest calls they take 256 MiB.
        private const int CallsInMemory = 8;

        private readonly DoorSockets _owner;
        private readonly DispatchId _dispatch;
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly ConcurrentDictionary<ConnectionContext, byte> _connections = new();
        private readonly SemaphoreSlim _callsInMemory = new(CallsInMemory);
        private readonly Task _accepting;
        private volatile bool _closed;

        public DispatchSocket(DoorSockets owner, DispatchId dispatch, string path)
        {
            (_owner, _dispatch) = (owner, dispatch);
            File.Delete(path);
            _listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
            _listener.Listen(64);
            _accepting = Accept();
        }

        public async ValueTask DisposeAsync()
        {
            _closed = true;
            _listener.Dispose();
            await _accepting;
            foreach (var connection in _connections.Keys)
                connection.Abort(new ConnectionAbortedException("the dispatch has ended"));
        }

        private async Task Accept()
        {
            while (true)
            {
                Socket socket;
                try
                {
                    socket = await _listener.AcceptAsync();
                }
                catch (Exception) when (_closed)
                {
                    return;
                }
                catch (SocketException)
                {
                    // Out of descriptors, or a peer that was gone before it was taken: the next one may be well.
                    await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
                    continue;
                }

                if (_connections.Count >= _owner.ConnectionsPerDispatch || !Admit(socket, out var connection))
                {
                    socket.Dispose();
                    continue;
                }

                if (!_owner._accepted.Writer.TryWrite(connection))
                    connection.Abort(new ConnectionAbortedException("the door is busy"));
            }
        }

        private bool Admit(Socket socket, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ConnectionContext? connection)
        {
            connection = null;
            try
            {
                if (!Attestation.TryAttest(socket, _dispatch, out var pid))
                {
                    Unattested(_owner._log, _dispatch);
                    return false;
                }

                connection = _owner._connections.Create(socket);
                connection.Features.Set(new DoorPeer(_dispatch, pid) { CallsInMemory = _callsInMemory });
            }
            catch (Exception gone) when (gone is SocketException or IOException or UnauthorizedAccessException)
            {
                return false;
            }

            var held = connection;
            _connections.TryAdd(held, 0);
            held.ConnectionClosed.UnsafeRegister(_ => _connections.TryRemove(held, out var _), null);
            return true;
        }
    }

    private int ConnectionsPerDispatch => options.ConnectionsPerDispatch;

    private readonly ILogger _log = log;

    [LoggerMessage(Level = LogLevel.Warning, Message = "connection refused: the peer is not in the container of {Dispatch}")]
    private static partial void Unattested(ILogger log, DispatchId dispatch);
}
