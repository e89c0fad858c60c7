using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Control.Api;
using Vexa.Control.Authentication;
using Vexa.Control.Dispatch;
using Vexa.Hosting;
using Vexa.Identity;
using Vexa.Workspaces;

namespace Vexa.Control.Workspaces;

/// <summary>What only the person at this machine may do with keys: rotate them, and destroy a workspace's own. Over the local socket only.</summary>
internal sealed class SealingEndpoints(Authenticator authenticator, WorkspaceStore workspaces, RuntimeClient runtime, SigningKey signing, ControlOptions options)
{
    private const string CertificateType = "vexa-shred+json";

    public void Map(WebApplication app)
    {
        ApiOperations.ShredWorkspace.Map(app, Shred);
        ApiOperations.RotateKeys.Map(app, Rotate);
    }

    private async Task Shred(HttpContext context)
    {
        var subject = await authenticator.AuthenticateLocal(context);
        var workspace = context.RouteId<WorkspaceId>("workspace");
        if (workspace == options.HomeWorkspace)
            throw new VexaException(Stage.Request, Party.Caller, "home-workspace", $"Workspace {workspace} is where sessions work that name none; it has to be there.", "Shred what has a name of its own.") { Status = 409 };

        var tombstone = await workspaces.Shred(workspace, subject, context.RequestAborted);
        // No certificate before the node's copies are gone too. Where the runtime is away, the same call goes on from here.
        try
        {
            await runtime.ForgetSnapshots(workspace, context.RequestAborted);
        }
        catch (VexaException away)
        {
            throw new VexaException(away.Stage, away.Party, away.Rule, $"Workspace {workspace} is destroyed, but copies of it may still be in the memory of the node: {away.Message}",
                $"For its certificate shred it again when the runtime answers; before that: {away.Hint}", away)
            { Status = away.Status };
        }

        var signed = signing.SignJws(CertificateType, JsonSerializer.SerializeToUtf8Bytes(tombstone, VexaJson.Default.Tombstone));
        await context.Response.WriteJson(new ShredCertificate(tombstone, signed), VexaJson.Default.ShredCertificate, context.RequestAborted);
    }

    private async Task Rotate(HttpContext context)
    {
        await authenticator.AuthenticateLocal(context);
        await context.Response.WriteJson(await workspaces.RotateKeys(context.RequestAborted), VexaJson.Default.KeyRotation, context.RequestAborted);
    }
}
