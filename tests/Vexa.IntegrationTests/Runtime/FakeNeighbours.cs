using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Vexa.Door;
using Vexa.Door.Listeners;
using Vexa.Hosting;
using Vexa.IntegrationTests.Drivers;
using Vexa.Redis;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>What the runtime needs of its neighbours: the door's real listeners, which attest, and control that has the workspaces.</summary>
internal sealed class FakeNeighbours : IAsyncDisposable
{
    private readonly string _run;
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, bool> _listeners = new();
    private readonly ConcurrentDictionary<string, Func<string, byte[]>> _workspaces = new();
    private readonly DoorSockets _sockets;
    private readonly Task _greeting;
    private int _bundles;

    private FakeNeighbours(string run)
    {
        _run = run;
        _sockets = new DoorSockets(new DoorOptions
        {
            RunFolder = run,
            KeysFolder = run,
            Redis = new RedisOptions { UnixSocket = "/nowhere" },
            Inference = new InferenceOptions { Endpoint = "unix:/nowhere" },
        }, DoorLog.CreateLogger<DoorSockets>());
        _sockets.Reopen();
        _greeting = Greet();
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

    /// <summary>What the door's listeners log.</summary>
    public RecordingLog DoorLog { get; } = new();

    public bool DoorRefuses { get; set; }

    /// <summary>It answers no request to close a listener, as one that is away.</summary>
    public bool DoorIsAway { get; set; }

    public IEnumerable<string> OpenListeners => _listeners.Keys;

    /// <summary>Authorization headers that came with the requests.</summary>
    public ConcurrentBag<string> Tokens { get; } = [];

    public void Serve(string workspace, Func<string, byte[]> bundleOf) => _workspaces[workspace] = bundleOf;

    public async ValueTask DisposeAsync()
    {
        await _sockets.DisposeAsync();
        await _greeting;
        await _app.DisposeAsync();
    }

    private Task Open(HttpContext context)
    {
        Tokens.Add(context.Request.Headers.Authorization.ToString());
        if (DoorRefuses)
            throw new VexaException(Stage.Door, Party.Caller, "token-expired", "The token has expired.", "Get a new one.") { Status = 401 };

        var id = (string)context.Request.RouteValues["id"]!;
        _sockets.Open(Id.Parse<DispatchId>(id));
        _listeners[id] = true;
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private async Task Close(HttpContext context)
    {
        if (DoorIsAway)
        {
            context.Abort();
            return;
        }

        var id = (string)context.Request.RouteValues["id"]!;
        await _sockets.Close(Id.Parse<DispatchId>(id));
        if (_listeners.TryRemove(id, out _) && Directory.Exists(Path.Combine(_run, "door", id)))
            Directory.Delete(Path.Combine(_run, "door", id), recursive: true);

        context.Response.StatusCode = 204;
    }

    private async Task Bundle(HttpContext context)
    {
        Tokens.Add(context.Request.Headers.Authorization.ToString());
        Interlocked.Increment(ref _bundles);
        if (!_workspaces.TryGetValue((string)context.Request.RouteValues["id"]!, out var bundleOf))
            throw new VexaException(Stage.WorkspaceOpen, Party.Caller, "unknown-workspace", "There is no such workspace.", "Create it.") { Status = 404 };

        await context.Response.Body.WriteAsync(bundleOf(context.Request.Query["commit"].ToString()));
    }

    // Says who connected, so that a test can see from inside that the door is there. Who is not of the container never comes here.
    private async Task Greet()
    {
        await foreach (var connection in _sockets.Accepted.ReadAllAsync())
        {
            var peer = connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
            await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes($"hello uid {PeerCredentials.Of(peer).Uid}\n"));
            await connection.Transport.Output.CompleteAsync();
            await connection.DisposeAsync();
        }
    }
}
