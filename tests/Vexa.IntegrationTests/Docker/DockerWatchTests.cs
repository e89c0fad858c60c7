using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Vexa.Docker;
using Vexa.Hosting;
using Vexa.IntegrationTests.Drivers;
using Vexa.Runtime.Docker;
using Vexa.Runtime.Oci;

namespace Vexa.IntegrationTests.Docker;

/// <summary>How containers' ends are told, by an engine that says what the test wants.</summary>
public sealed class DockerWatchTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-watch-").FullName;
    private readonly RecordingLog _log = new();
    private WebApplication _engine = null!;

    private string SocketPath => Path.Combine(_folder, "docker.sock");

    public async ValueTask InitializeAsync()
    {
        var builder = RoleApp.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenOwnerOnly(SocketPath));
        _engine = builder.Build();
        _engine.UseRouting();
        _engine.MapGet("/version", (RequestDelegate)(context => context.Response.WriteAsync("""{"Version":"28","ApiVersion":"1.44"}""")));
        _engine.MapGet("/v1.44/events", (RequestDelegate)Events);
        _engine.MapGet("/v1.44/containers/{id}/json", (RequestDelegate)(context =>
            context.Response.WriteAsync($$$"""{"Id":"{{{context.Request.RouteValues["id"]}}}","State":{"Status":"exited","ExitCode":3},"Config":{}}""")));
        await _engine.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_cannot_be_seen_once_is_seen_later_and_ends_the_watch_for_nobody()
    {
        using var engine = new DockerEngine(SocketPath, TimeProvider.System);
        var failed = new ConcurrentDictionary<DispatchId, bool>();
        // The first look at each finds its control group on its way out.
        using var watch = new DockerWatch(engine, "vexa.owner=test", id => failed.TryAdd(id, true) ? throw new IOException("No such device") : new Cgroup("vexa-nowhere", id.Value),
            TimeProvider.System, _log);
        var containers = Enumerable.Range(0, 3).Select(number => new DockerContainer($"c{number}", Id.Parse<DispatchId>($"d-{number}"), engine, TimeProvider.System)).ToList();
        containers.ForEach(watch.Add);

        foreach (var container in containers)
        {
            var end = await container.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.Equal((3, false), (end.ExitCode, end.OutOfMemory));
        }

        Assert.Equal(3, failed.Count);
        Assert.Contains(_log.Entries, entry => entry.Contains("No such device", StringComparison.Ordinal));
    }

    // Open, and silent, until whoever follows has left.
    private static async Task Events(HttpContext context)
    {
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
