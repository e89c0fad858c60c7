using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Vexa.Hosting;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>What the runtime needs of its neighbours: a door that opens listeners, and control that has the workspaces.</summary>
internal sealed class FakeNeighbours : IAsyncDisposable
{
    private readonly string _run;
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Socket> _listeners = new();
    private readonly ConcurrentDictionary<string, Func<string, byte[]>> _workspaces = new();
    private int _bundles;

    private FakeNeighbours(string run)
    {
        _run = run;
        var builder = RoleApp.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenOwnerOnly(Path.Combine(run, "door.sock"));
            kestrel.ListenOwnerOnly(Path.Combine(run, "control.sock"));
        });
        _app = builder.Build();
        _app.UseProblems();
        _app.UseRouting();
        _app.MapPut("/listeners/{id}", (RequestDelegate)Open);
        _app.MapDelete("/listeners/{id}", (RequestDelegate)Close);
        _app.MapGet("/internal/workspaces/{id}/bundle", (RequestDelegate)Bundle);
    }

    public static async Task<FakeNeighbours> Start(string run)
    {
        var neighbours = new FakeNeighbours(run);
        await neighbours._app.StartAsync();
        return neighbours;
    }

    /// <summary>How many bundles were fetched.</summary>
    public int Bundles => _bundles;

    public bool DoorRefuses { get; set; }

    /// <summary>It answers no request to close a listener, as one that is away.</summary>
    public bool DoorIsAway { get; set; }

    public IEnumerable<string> OpenListeners => _listeners.Keys;

    /// <summary>Authorization headers that came with the requests.</summary>
    public ConcurrentBag<string> Tokens { get; } = [];

    public void Serve(string workspace, Func<string, byte[]> bundleOf) => _workspaces[workspace] = bundleOf;

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners.Values)
            listener.Dispose();
        await _app.DisposeAsync();
    }

    private Task Open(HttpContext context)
    {
        Tokens.Add(context.Request.Headers.Authorization.ToString());
        if (DoorRefuses)
            throw new VexaException(Stage.Door, Party.Caller, "token-expired", "The token has expired.", "Get a new one.") { Status = 401 };

        var id = (string)context.Request.RouteValues["id"]!;
        var folder = Path.Combine(_run, "door", id);
        Directory.CreateDirectory(folder);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, "door.sock")));
        File.SetUnixFileMode(Path.Combine(folder, "door.sock"), (UnixFileMode)0x1B6); // 0666
        listener.Listen();
        _listeners[id] = listener;
        _ = Greet(listener);
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private Task Close(HttpContext context)
    {
        if (DoorIsAway)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        var id = (string)context.Request.RouteValues["id"]!;
        if (_listeners.TryRemove(id, out var listener))
        {
            listener.Dispose();
            Directory.Delete(Path.Combine(_run, "door", id), recursive: true);
        }

        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private async Task Bundle(HttpContext context)
    {
        Tokens.Add(context.Request.Headers.Authorization.ToString());
        Interlocked.Increment(ref _bundles);
        if (!_workspaces.TryGetValue((string)context.Request.RouteValues["id"]!, out var bundleOf))
            throw new VexaException(Stage.WorkspaceOpen, Party.Caller, "unknown-workspace", "There is no such workspace.", "Create it.") { Status = 404 };

        await context.Response.Body.WriteAsync(bundleOf(context.Request.Query["commit"].ToString()));
    }

    // Says who connected, so that a test can see from inside that the door is there.
    private static async Task Greet(Socket listener)
    {
        try
        {
            while (true)
            {
                using var peer = await listener.AcceptAsync();
                await peer.SendAsync(Encoding.ASCII.GetBytes($"hello uid {PeerCredentials.Of(peer).Uid}\n"));
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
