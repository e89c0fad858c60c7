using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Vexa.Contracts;
using Vexa.Control.Api;
using Vexa.Control.Authentication;
using Vexa.Hosting;
using Vexa.Workspaces;

namespace Vexa.Control.Workspaces;

/// <summary>Whole workspaces: out as a git bundle, in as one, and tidied up.</summary>
internal sealed class TransferEndpoints(Authenticator authenticator, WorkspaceStore workspaces)
{
    private const string Bundle = "application/x-git-bundle";

    public void Map(WebApplication app)
    {
        ApiOperations.ExportWorkspace.Map(app, Export);
        ApiOperations.ImportWorkspace.Map(app, Import);
        ApiOperations.CollectWorkspace.Map(app, Collect);
    }

    private async Task Export(HttpContext context)
    {
        await authenticator.Authenticate(context);
        var workspace = context.RouteId<WorkspaceId>("workspace");
        context.Response.ContentType = Bundle;
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{workspace}.bundle\"";
        await workspaces.Export(workspace, context.Response.Body, context.RequestAborted);
    }

    private async Task Import(HttpContext context)
    {
        await authenticator.Authenticate(context);
        var workspace = context.RouteId<WorkspaceId>("workspace");
        if (context.Request.ContentType != Bundle)
            throw new VexaException(Stage.Request, Party.Caller, "content-type", $"The body must be {Bundle}.", $"Send a git bundle as Content-Type: {Bundle}") { Status = 415 };

        // Bounded where it is read.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        var imported = await workspaces.Import(workspace, context.Request.Body, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status201Created;
        await context.Response.WriteJson(imported, VexaJson.Default.WorkspaceImport, context.RequestAborted);
    }

    private async Task Collect(HttpContext context)
    {
        await authenticator.Authenticate(context);
        await context.Response.WriteJson(await workspaces.Collect(context.RouteId<WorkspaceId>("workspace"), context.RequestAborted), VexaJson.Default.WorkspaceGc, context.RequestAborted);
    }
}
