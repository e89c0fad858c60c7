using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Vexa.Contracts;
using Vexa.Hosting;

namespace Vexa.Control.Dispatch;

/// <summary>Control's side of <c>runtime.v1</c>: the only way in which control ever has anything to do with a container.</summary>
internal sealed class RuntimeClient(ControlOptions options) : IDisposable
{
    private readonly HttpClient _http = UnixHttp.Client(options.RuntimeSocket);

    /// <summary>Creates the workload, or returns it where it lives already.</summary>
    public async Task<WorkloadStatus> Create(WorkloadCreate create, string spawnToken, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/workloads") { Content = JsonContent.Create(create, VexaJson.Default.WorkloadCreate) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", spawnToken);
        using var answer = await Send(request, ct);
        return await answer.ReadOrThrow(VexaJson.Default.WorkloadStatus, ct);
    }

    /// <summary>Waits up to <paramref name="seconds"/> for the end; null where the runtime knows no such workload.</summary>
    public async Task<WorkloadStatus?> Wait(DispatchId id, int seconds, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/workloads/{id}?wait={seconds}");
        using var answer = await Send(request, ct);
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await answer.ReadOrThrow(VexaJson.Default.WorkloadStatus, ct);
    }

    /// <summary>Stops the workload: asked first, forced after <paramref name="grace"/>.</summary>
    public async Task Stop(DispatchId id, string reason, TimeSpan grace, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/workloads/{id}?reason={reason}&grace_ms={(int)grace.TotalMilliseconds}");
        using var answer = await Send(request, ct);
        if (answer.StatusCode != HttpStatusCode.NotFound)
            await answer.ThrowOnProblem(ct);
    }

    /// <summary>Whether another workload of a subject would be taken.</summary>
    /// <exception cref="VexaException">429, with the time after which to ask again.</exception>
    public async Task RequireRoom(SubjectId subject, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/room?subject={subject}");
        using var answer = await Send(request, ct);
        await answer.ThrowOnProblem(ct);
    }

    /// <summary>Says that no turn is open in a workload, or that one is: the runtime ends what is idle for too long.</summary>
    /// <returns>False where it does not run.</returns>
    public async Task<bool> SetIdle(DispatchId id, bool idle, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(idle ? HttpMethod.Put : HttpMethod.Delete, $"/workloads/{id}/idle");
        using var answer = await Send(request, ct);
        if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
            return false;

        await answer.ThrowOnProblem(ct);
        return true;
    }

    /// <summary>The last of what a workload wrote beside its events; null where the runtime does not know it any more.</summary>
    public async Task<string?> Logs(DispatchId id, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/workloads/{id}/logs");
        using var answer = await Send(request, ct);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return null;

        await answer.ThrowOnProblem(ct);
        return await answer.Content.ReadAsStringAsync(ct);
    }

    /// <summary>Has the unpacked copies of a workspace removed that no container uses, and the others when none does.</summary>
    public async Task ForgetSnapshots(WorkspaceId workspace, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/snapshots/{workspace}");
        using var answer = await Send(request, ct);
        await answer.ThrowOnProblem(ct);
    }

    public async Task CheckHealth(CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        using var answer = await Send(request, ct);
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> Send(HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            return await _http.SendAsync(request, ct);
        }
        catch (HttpRequestException outage)
        {
            throw new VexaException(Stage.RuntimeStart, Party.Operator, Unavailable, "The runtime does not answer.", "It is restarted by itself; see: vexa status", outage) { Status = 503 };
        }
    }

    public const string Unavailable = "runtime-unavailable";
}
