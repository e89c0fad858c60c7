using System.Net.Sockets;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Hosting;
using Vexa.Redis;
using Vexa.Streams;

namespace Vexa.Cli.Stack;

/// <summary>How the supervisor asks whether a role works.</summary>
internal abstract record HealthCheck
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(4);

    /// <summary>What is wrong, or null where all is well. Never takes longer than four seconds.</summary>
    public async Task<RoleFault?> FindFault(CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Longest);
        try
        {
            return await Ask(bound.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new RoleFault($"it did not answer within {Longest.TotalSeconds:0} s");
        }
        catch (Exception fault) when (fault is SocketException or HttpRequestException or IOException)
        {
            return new RoleFault("nothing answers on its socket");
        }
        catch (JsonException)
        {
            return new RoleFault("its answer is not a health report");
        }
    }

    protected abstract Task<RoleFault?> Ask(CancellationToken ct);
}

/// <param name="Mend">Where the role itself knows.</param>
internal sealed record RoleFault(string Message, string? Mend = null);

/// <summary><c>GET /health</c> over a Unix socket.</summary>
internal sealed record HttpHealth(string Socket) : HealthCheck
{
    protected override async Task<RoleFault?> Ask(CancellationToken ct)
    {
        using var http = UnixHttp.Client(Socket);
        using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative), ct);
        await using var body = await answer.Content.ReadAsStreamAsync(ct);
        var health = await JsonSerializer.DeserializeAsync(body, HealthJson.Default.Health, ct);
        return health is { Faults: [] } ? null : new RoleFault(Join(health, fault => fault.Message), Join(health, fault => fault.Hint));
    }

    private static string Join(Health? health, Func<HealthFault, string> part) => string.Join(" ", health?.Faults.Select(part).Distinct() ?? []);
}

/// <summary>Whether Redis takes what is written: one that is loading, or that is full, does not.</summary>
internal sealed record RedisHealth(string Socket) : HealthCheck
{
    protected override async Task<RoleFault?> Ask(CancellationToken ct)
    {
        await using var redis = new RedisClient(new RedisOptions { UnixSocket = Socket, ClientName = "vexa-health" }, TimeProvider.System);
        try
        {
            await new UnitStream(redis, TimeProvider.System).CheckHealth(ct);
            return null;
        }
        catch (VexaException outage)
        {
            return new RoleFault(outage.Message, outage.Hint);
        }
    }
}
