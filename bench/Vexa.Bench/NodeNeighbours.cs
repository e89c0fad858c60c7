using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vexa.Hosting;

namespace Vexa.Bench;

/// <summary>
/// What a node needs of its neighbours, and no more: a door that opens listeners and takes the time of the first byte that comes in by
/// each, and control that has the workspaces. So what is measured is the node's own time.
/// </summary>
internal sealed class NodeNeighbours : IAsyncDisposable
{
    private readonly string _run;
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Listener> _listeners = new();
    private readonly ConcurrentDictionary<string, string> _bundles = new();

    private NodeNeighbours(string run)
    {
        _run = run;
        var builder = RoleApp.CreateBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenOwnerOnly(Path.Combine(run, "door.sock"));
            kestrel.ListenOwnerOnly(Path.Combine(run, "control.sock"));
        });
        _app = builder.Build();
        _app.UseRouting();
        _app.MapPut("/listeners/{id}", (RequestDelegate)Open);
        _app.MapDelete("/listeners/{id}", (RequestDelegate)Close);
        _app.MapGet("/internal/workspaces/{id}/bundle", (RequestDelegate)Bundle);
    }

    public static async Task<NodeNeighbours> Start(string run)
    {
        var neighbours = new NodeNeighbours(run);
        await neighbours._app.StartAsync();
        return neighbours;
    }

    /// <summary>A workspace, as the file of its git bundle.</summary>
    public void Serve(string workspace, string bundle) => _bundles[workspace] = bundle;

    /// <summary>When the first byte came from a container, by <see cref="Stopwatch.GetTimestamp"/>. Asked for before it is created.</summary>
    public Task<long> FirstByteOf(string dispatch) => _listeners.GetOrAdd(dispatch, _ => new Listener()).FirstByte;

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners.Values)
            listener.Dispose();
        await _app.DisposeAsync();
    }

    private Task Open(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        _listeners.GetOrAdd(id, _ => new Listener()).Listen(Directory.CreateDirectory(Path.Combine(_run, "door", id)).FullName);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task Close(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        if (_listeners.TryRemove(id, out var listener))
            listener.Dispose();
        if (Path.Combine(_run, "door", id) is var folder && Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task Bundle(HttpContext context) => context.Response.SendFileAsync(_bundles[(string)context.Request.RouteValues["id"]!]);

    // One connection is all that counts. It stays open and unanswered: the worker waits for its first message.
    private sealed class Listener : IDisposable
    {
        private readonly TaskCompletionSource<long> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private Socket? _peer;

        public Task<long> FirstByte => _first.Task;

        public void Listen(string folder)
        {
            var path = Path.Combine(folder, "door.sock");
            _socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, (UnixFileMode)0x1B6); // 0666
            _socket.Listen();
            _ = Accept();
        }

        public void Dispose()
        {
            _socket.Dispose();
            _peer?.Dispose();
        }

        private async Task Accept()
        {
            try
            {
                _peer = await _socket.AcceptAsync();
                if (await _peer.ReceiveAsync(new byte[1]) == 1)
                    _first.TrySetResult(Stopwatch.GetTimestamp());
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                // The container ended without a word; whoever waits for one has a bound.
            }
        }
    }
}
