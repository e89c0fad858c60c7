using Vexa.Docker.Connection;
using Vexa.Docker.Containers;
using Vexa.Docker.Events;
using Vexa.Docker.Images;

namespace Vexa.Docker;

/// <summary>
/// A Docker engine (20.10 or later, or one that speaks its API) over its Unix socket. Safe to use from any thread. Nothing connects
/// before the first call, and an engine that goes away and comes back is simply used again.
/// </summary>
/// <remarks>
/// Every call throws <see cref="EngineException"/> where the engine answers with an error, and
/// <see cref="EngineUnavailableException"/> where there is no answer.
/// </remarks>
public sealed class DockerEngine : IDisposable
{
    private readonly EngineConnection _connection;

    /// <param name="socket">Path of the engine's socket.</param>
    public DockerEngine(string socket, TimeProvider time)
    {
        _connection = new EngineConnection(socket, time);
        Containers = new ContainerCalls(_connection);
        Images = new ImageCalls(_connection);
    }

    public ContainerCalls Containers { get; }

    public ImageCalls Images { get; }

    public Task<EngineVersion> Version(CancellationToken ct) => _connection.Version(ct);

    public Task<EngineInfo> Info(CancellationToken ct) => _connection.Get("/info", EngineJson.Default.EngineInfo, ct);

    /// <summary>What happens to containers from now on.</summary>
    /// <param name="label">Only to those that have it: <c>name=value</c>.</param>
    /// <param name="events">Only these: <c>die</c>, <c>oom</c>.</param>
    public async Task<EventStream> Events(string label, IReadOnlyList<string> events, CancellationToken ct)
    {
        var filter = Filter.Of(("type", ["container"]), ("label", [label]), ("event", [.. events]));
        return new EventStream(await _connection.Open(HttpMethod.Get, $"/events?filters={filter}", ct), _connection);
    }

    public void Dispose() => _connection.Dispose();
}
