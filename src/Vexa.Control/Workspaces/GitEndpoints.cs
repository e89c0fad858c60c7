using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Control.Authentication;
using Vexa.Hosting;
using Vexa.Workspaces;

namespace Vexa.Control.Workspaces;

/// <summary>
/// <c>/git/&lt;workspace&gt;</c>: a workspace for a person's own git, by its smart HTTP protocol (gitprotocol-http(5)). The API token is the
/// password; the user name does not matter.
/// </summary>
internal sealed partial class GitEndpoints(Authenticator authenticator, WorkspaceStore workspaces, Records records, TimeProvider time, ILogger<GitEndpoints> log)
{
    // What a client says of what it has: some 50 bytes a commit.
    private const long LargestNegotiation = 8 * 1024 * 1024;

    public void Map(WebApplication app)
    {
        app.MapGet("/git/{workspace}/info/refs", (RequestDelegate)Advertise);
        app.MapPost("/git/{workspace}/git-upload-pack", (RequestDelegate)Fetch);
        app.MapPost("/git/{workspace}/git-receive-pack", (RequestDelegate)Push);
    }

    private async Task Advertise(HttpContext context)
    {
        var (workspace, _) = await Authenticate(context);
        var service = context.Request.Query["service"].ToString();
        switch (service)
        {
            case "git-upload-pack":
                Begin(context, "application/x-git-upload-pack-advertisement");
                await workspaces.AdvertiseFetch(workspace, Protocol(context), context.Response.Body, context.RequestAborted);
                break;
            case "git-receive-pack":
                Begin(context, "application/x-git-receive-pack-advertisement");
                await workspaces.AdvertisePush(workspace, context.Response.Body, context.RequestAborted);
                break;
            default:
                throw new VexaException(Stage.Request, Party.Caller, "git-service", "This is served to git clients that speak the smart HTTP protocol.", "Use git 1.6.6 or newer: git clone <this address>") { Status = 403 };
        }
    }

    private async Task Fetch(HttpContext context)
    {
        var (workspace, _) = await Authenticate(context);
        await using var body = Body(context, "git-upload-pack", LargestNegotiation);
        Begin(context, "application/x-git-upload-pack-result");
        await workspaces.Fetch(workspace, Protocol(context), body, context.Response.Body, context.RequestAborted);
    }

    private async Task Push(HttpContext context)
    {
        var (workspace, subject) = await Authenticate(context);
        await using var body = Body(context, "git-receive-pack", workspaces.LargestBundle);
        Begin(context, "application/x-git-receive-pack-result");
        if (await workspaces.Push(workspace, body, context.Response.Body, accepted => Record(subject, accepted), refusal => Refused(subject, workspace, refusal.Rule), context.RequestAborted) is { } landed)
            Landed(subject, workspace, landed.Sha);
    }

    // What a pushed commit says of its author is the person's own word. The same push again, where it did not come through, is the same record.
    private Task Record(SubjectId subject, CommitResult accepted) => records.Put($"pushes/{accepted.Workspace}/{accepted.Sha}", new Push
    {
        Workspace = accepted.Workspace,
        Subject = subject,
        From = accepted.Parent!,
        To = accepted.Sha,
        At = time.GetUtcNow(),
    }, VexaJson.Default.Push, CancellationToken.None);

    private async Task<(WorkspaceId Workspace, SubjectId Subject)> Authenticate(HttpContext context)
    {
        // git asks without a token first, and only where it is told how sends one.
        context.Response.Headers.WWWAuthenticate = "Basic realm=\"Vexa: any user name, an API token as the password\"";
        if (AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out var header) && header is { Scheme: "Basic", Parameter: { } basic })
            context.Request.Headers.Authorization = $"Bearer {PasswordOf(basic)}";

        var subject = await authenticator.Authenticate(context);
        context.Response.Headers.Remove("WWW-Authenticate");
        return (context.RouteId<WorkspaceId>("workspace"), subject);
    }

    private static string PasswordOf(string basic)
    {
        var pair = new byte[basic.Length];
        return Convert.TryFromBase64String(basic, pair, out var length) && Encoding.UTF8.GetString(pair, 0, length).Split(':', 2) is [_, var password] ? password : "";
    }

    private static void Begin(HttpContext context, string contentType)
    {
        context.Response.ContentType = contentType;
        context.Response.Headers.CacheControl = "no-cache, max-age=0, must-revalidate";
        context.Response.Headers.XContentTypeOptions = "nosniff";
    }

    // Only versions that are known reach git.
    private static string? Protocol(HttpContext context) => context.Request.Headers["Git-Protocol"].ToString() is { Length: > 0 } version ? version : null;

    private static BoundedStream Body(HttpContext context, string service, long largest)
    {
        if (context.Request.ContentType != $"application/x-{service}-request")
            throw new VexaException(Stage.Request, Party.Caller, "content-type", $"The body must be application/x-{service}-request.", "Use git: git clone, git fetch, git push") { Status = 415 };

        // Bounded where it is read: what is unpacked may be much more than what was sent.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        return new BoundedStream(context.Request.Headers.ContentEncoding == "gzip" ? new GZipStream(context.Request.Body, CompressionMode.Decompress) : context.Request.Body, largest);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Subject} pushed {Commit} to workspace {Workspace}")]
    private partial void Landed(SubjectId subject, WorkspaceId workspace, string commit);

    [LoggerMessage(Level = LogLevel.Information, Message = "a push of {Subject} to workspace {Workspace} was refused: {Rule}")]
    private partial void Refused(SubjectId subject, WorkspaceId workspace, string rule);
}
