using System.Net;
using Vexa.Docker.Connection;

namespace Vexa.Docker.Containers;

/// <summary>Containers, by id or by name.</summary>
public sealed class ContainerCalls
{
    private readonly EngineConnection _connection;

    internal ContainerCalls(EngineConnection connection) => _connection = connection;

    /// <returns>Its id.</returns>
    public async Task<string> Create(string name, ContainerCreate body, CancellationToken ct) =>
        (await _connection.Post($"/containers/create?name={Uri.EscapeDataString(name)}", body, EngineJson.Default.ContainerCreate, EngineJson.Default.ContainerCreated, ct)).Id;

    /// <summary>Starts it; one that runs already is no failure.</summary>
    public Task Start(string id, CancellationToken ct) => _connection.Do(HttpMethod.Post, Path(id, "/start"), ct);

    /// <summary>Sends a signal to its first process.</summary>
    /// <param name="signal"><c>TERM</c>, <c>KILL</c>.</param>
    /// <returns>False where it does not run, or is not there.</returns>
    public async Task<bool> Kill(string id, string signal, CancellationToken ct)
    {
        try
        {
            await _connection.Do(HttpMethod.Post, Path(id, $"/kill?signal={signal}"), ct);
            return true;
        }
        catch (EngineException fault) when (fault.Status is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>Null where there is no such container.</summary>
    public async Task<ContainerDetails?> Inspect(string id, CancellationToken ct)
    {
        try
        {
            return await _connection.Get(Path(id, "/json"), EngineJson.Default.ContainerDetails, ct);
        }
        catch (EngineException fault) when (fault.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Kills it and removes it with everything that is its own; one that is not there is no failure.</summary>
    /// <returns>False where somebody else is removing it already, and it may still be there.</returns>
    public async Task<bool> Remove(string id, CancellationToken ct)
    {
        try
        {
            await _connection.Do(HttpMethod.Delete, Path(id, "?force=1&v=1"), ct);
            return true;
        }
        catch (EngineException fault) when (fault.Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            return fault.Status == HttpStatusCode.NotFound;
        }
    }

    /// <summary>Those that have a label, dead ones too.</summary>
    /// <param name="label"><c>name=value</c>.</param>
    public async Task<IReadOnlyList<ContainerSummary>> List(string label, CancellationToken ct) =>
        await _connection.Get($"/containers/json?all=1&filters={Filter.Of(("label", [label]))}", EngineJson.Default.ContainerSummaryArray, ct);

    /// <summary>
    /// What its processes write from now on. Opened before its start, nothing is missed; a reader that is slow holds the writers up,
    /// one that goes away does not.
    /// </summary>
    public async Task<OutputStream> Attach(string id, CancellationToken ct) =>
        new(await _connection.Open(HttpMethod.Post, Path(id, "/attach?stream=1&stdout=1&stderr=1"), ct));

    private static string Path(string id, string rest) => $"/containers/{Uri.EscapeDataString(id)}{rest}";
}
