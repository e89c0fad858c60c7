using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Vexa.Contracts;
using Vexa.Control.Api;
using Vexa.Control.Authentication;
using Vexa.Hosting;
using Vexa.Workspaces;

namespace Vexa.Control.Workspaces;

/// <summary>Whole workspaces: out as a git bundle, in as one, and tidied up.</summary>
internal sealed class TransferEndpoints(Authenticator authenticator, WorkspaceStore workspaces)
{
    // git says what it packs, and then nothing while it counts and compresses: minutes, where there is much.
    private static readonly MinDataRate ForPacking = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromMinutes(30));

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
        context.Response.ContentType = MediaTypes.GitBundle;
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{workspace}.bundle\"";
        await workspaces.Export(workspace, context.Response.Body, context.RequestAborted);
    }

    private async Task Import(HttpContext context)
    {
        await authenticator.Authenticate(context);
        var workspace = context.RouteId<WorkspaceId>("workspace");
        if (context.Request.ContentType != MediaTypes.GitBundle)
            throw new VexaException(Stage.Request, Party.Caller, "content-type", $"The body must be {MediaTypes.GitBundle}.", $"Send a git bundle as Content-Type: {MediaTypes.GitBundle}") { Status = 415 };

        // Bounded where it is read.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        context.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = ForPacking;
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
