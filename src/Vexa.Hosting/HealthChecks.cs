using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Vexa.Contracts;

namespace Vexa.Hosting;

/// <summary>What a role says at <c>GET /health</c>: what is wrong and how to mend it, not only that.</summary>
public sealed record Health
{
    /// <summary><c>ok</c> or <c>failing</c>.</summary>
    public required string Status { get; init; }
    public required string Role { get; init; }
    public required int Pid { get; init; }
    public required string Version { get; init; }
    public required IReadOnlyList<HealthFault> Faults { get; init; }
}

/// <param name="Check">Name of the check: <c>redis</c>, <c>bucket</c>, ...</param>
public sealed record HealthFault(string Check, string Message, string Hint);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Health))]
public sealed partial class HealthJson : JsonSerializerContext;

/// <summary>The checks of a role. A check passes, or throws the <see cref="VexaException"/> that tells what is wrong.</summary>
public sealed class HealthChecks
{
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(2);
    private readonly List<(string Name, Func<CancellationToken, Task> Check)> _checks = [];

    public void Add(string name, Func<CancellationToken, Task> check) => _checks.Add((name, check));

    /// <summary>Runs all checks at once, each for at most two seconds.</summary>
    public async Task<Health> Run(string role, CancellationToken ct)
    {
        var faults = await Task.WhenAll(_checks.Select(c => Try(c.Name, c.Check, ct)));
        var found = faults.OfType<HealthFault>().ToList();
        return new Health
        {
            Status = found.Count == 0 ? "ok" : "failing",
            Role = role,
            Pid = Environment.ProcessId,
            Version = typeof(HealthChecks).Assembly.GetName().Version?.ToString(3) ?? "0.0.0",
            Faults = found,
        };
    }

    private static async Task<HealthFault?> Try(string name, Func<CancellationToken, Task> check, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(LongestCheck);
        try
        {
            await check(bound.Token);
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new HealthFault(name, $"{name} did not answer within {LongestCheck.TotalSeconds:0} s.", "Look into the log: vexa logs");
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            var failure = Problems.AsFailure(fault);
            return new HealthFault(name, failure.Message, failure.Hint);
        }
    }
}

public static class HealthEndpoint
{
    /// <summary>Maps <c>GET /health</c>: 200, or 503 with the faults.</summary>
    public static void MapHealth(this WebApplication app, string role) => app.MapGet("/health", (RequestDelegate)(async context =>
    {
        var health = await context.RequestServices.GetRequiredService<HealthChecks>().Run(role, context.RequestAborted);
        context.Response.StatusCode = health.Faults.Count == 0 ? 200 : 503;
        await context.Response.WriteJson(health, HealthJson.Default.Health, context.RequestAborted);
    }));
}
