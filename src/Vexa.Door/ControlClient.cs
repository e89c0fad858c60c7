using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Door.Agent;
using Vexa.Hosting;

namespace Vexa.Door;

/// <summary>
/// What the door passes on to control, with the agent's own token: control verifies it again and decides. The bytes are not looked at
/// here.
/// </summary>
internal sealed class ControlClient(DoorOptions options) : IDisposable
{
    private readonly HttpClient _http = UnixHttp.Client(options.ControlSocket);

    public Task RelayBundle(HttpContext context, AuthorizedAgent agent, WorkspaceId workspace, TurnId turn)
    {
        var content = new StreamContent(context.Request.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypes.GitBundle);
        content.Headers.ContentLength = context.Request.ContentLength;
        return Relay(context, agent, $"/internal/dispatches/{agent.Dispatch}/workspaces/{workspace}/bundle?turn={turn}", content);
    }

    public Task RelayRenewal(HttpContext context, AuthorizedAgent agent) => Relay(context, agent, $"/internal/dispatches/{agent.Dispatch}/token", content: null);

    public void Dispose() => _http.Dispose();

    private async Task Relay(HttpContext context, AuthorizedAgent agent, string path, HttpContent? content)
    {
        var ct = context.RequestAborted;
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", agent.Token);
        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException fault) when (fault.InnerException is BadHttpRequestException bad)
        {
            // Not control's fault: what the agent sent cannot be read, is too large or comes too slowly.
            throw Problems.AsFailure(bad);
        }
        catch (HttpRequestException outage)
        {
            throw new VexaException(Stage.Door, Party.Vexa, "control-unavailable", "Control does not answer.", "It is restarted by itself; try again.", outage) { Status = 503 };
        }

        using (answer)
        {
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            await answer.Content.CopyToAsync(context.Response.Body, ct);
        }
    }
}
