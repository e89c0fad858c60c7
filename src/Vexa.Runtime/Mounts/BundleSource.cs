using System.Net.Http.Headers;
using Vexa.Contracts;
using Vexa.Hosting;

namespace Vexa.Runtime.Mounts;

/// <summary>Fetches the content of workspaces from control, with the token that the dispatch was spawned with.</summary>
internal sealed class BundleSource(string controlSocket) : IDisposable
{
    private readonly HttpClient _control = UnixHttp.Client(controlSocket);

    /// <summary>A full git bundle whose <c>refs/heads/main</c> is the commit.</summary>
    /// <exception cref="VexaException">Control refuses, or cannot be reached: rule <c>control-unreachable</c>.</exception>
    public async Task<Stream> Open(WorkspaceId workspace, string commit, string token, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/internal/workspaces/{workspace}/bundle?commit={commit}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            var response = await _control.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            await response.ThrowOnProblem(ct);
            return await response.Content.ReadAsStreamAsync(ct);
        }
        catch (HttpRequestException fault)
        {
            throw new VexaException(Stage.WorkspaceOpen, Party.Operator, "control-unreachable",
                $"Workspace '{workspace}' could not be fetched: control does not answer.", "Run: vexa status", fault);
        }
    }

    public void Dispose() => _control.Dispose();
}
