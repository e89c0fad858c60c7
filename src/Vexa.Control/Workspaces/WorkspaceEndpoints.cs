using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Control.Api;
using Vexa.Control.Authentication;
using Vexa.Control.Cards;
using Vexa.Hosting;
using Vexa.Workspaces;

namespace Vexa.Control.Workspaces;

/// <summary><c>/v1/workspaces</c>: make one, look into it, take a commit back. What it holds was written by agents: it is served as data, never as a page.</summary>
internal sealed class WorkspaceEndpoints(Authenticator authenticator, WorkspaceStore workspaces, MergeCards cards)
{
    private const long LargestCreate = 8 * 1024 * 1024;

    public void Map(WebApplication app)
    {
        ApiOperations.ListWorkspaces.Map(app, List);
        ApiOperations.CreateWorkspace.Map(app, Create);
        ApiOperations.GetTree.Map(app, Tree);
        ApiOperations.GetFile.Map(app, ReadFile);
        ApiOperations.GetLog.Map(app, Log);
        ApiOperations.GetDiff.Map(app, Diff);
        ApiOperations.UndoCommit.Map(app, Undo);
    }

    private async Task List(HttpContext context)
    {
        await authenticator.Authenticate(context);
        var (found, damaged) = (new List<WorkspaceInfo>(), new List<WorkspaceFault>());
        foreach (var id in await workspaces.List(context.RequestAborted))
            await Look(id, found, damaged, context.RequestAborted);

        await context.Response.WriteJson(new WorkspaceList(found, damaged.Count > 0 ? damaged : null), VexaJson.Default.WorkspaceList, context.RequestAborted);
    }

    // One that cannot be read must not hide the others.
    private async Task Look(WorkspaceId id, List<WorkspaceInfo> found, List<WorkspaceFault> damaged, CancellationToken ct)
    {
        try
        {
            found.Add(new WorkspaceInfo(id, await workspaces.Tip(id, ct)));
        }
        catch (VexaException gone) when (gone.Status is StatusCodes.Status404NotFound or StatusCodes.Status410Gone)
        {
            // Destroyed since, or not to its end yet.
        }
        catch (VexaException fault) when (fault.Status == StatusCodes.Status500InternalServerError)
        {
            damaged.Add(WorkspaceFault.Of(id, fault));
        }
    }

    private async Task Create(HttpContext context)
    {
        var subject = await authenticator.Authenticate(context);
        var create = await context.Request.ReadJson(VexaJson.Default.WorkspaceCreate, LargestCreate, context.RequestAborted);
        await workspaces.Create(create.Id, create.Files ?? new Dictionary<string, string>(), subject, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status201Created;
        await context.Response.WriteJson(new WorkspaceInfo(create.Id, await workspaces.Tip(create.Id, context.RequestAborted)), VexaJson.Default.WorkspaceInfo, context.RequestAborted);
    }

    private async Task Tree(HttpContext context)
    {
        var workspace = await Find(context);
        await context.Response.WriteJson(await workspaces.Tree(workspace, Query(context, "path"), Query(context, "commit"), context.RequestAborted),
            VexaJson.Default.WorkspaceTree, context.RequestAborted);
    }

    private async Task ReadFile(HttpContext context)
    {
        var workspace = await Find(context);
        var path = Query(context, "path") ?? throw new VexaException(Stage.Request, Party.Caller, "path-missing", "No path is named.", "Add ?path=.");
        var content = await workspaces.File(workspace, path, Query(context, "commit"), context.RequestAborted);
        context.Response.ContentType = "application/octet-stream";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.ContentDisposition = "attachment";
        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    private async Task Log(HttpContext context)
    {
        var workspace = await Find(context);
        var limit = int.TryParse(Query(context, "limit"), System.Globalization.NumberStyles.None, null, out var asked) ? Math.Clamp(asked, 1, 500) : 50;
        await context.Response.WriteJson(await workspaces.Log(workspace, limit, context.RequestAborted), VexaJson.Default.WorkspaceLog, context.RequestAborted);
    }

    private async Task Diff(HttpContext context)
    {
        var workspace = await Find(context);
        var to = Query(context, "to") ?? await workspaces.Tip(workspace, context.RequestAborted);
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync(await workspaces.Diff(workspace, Query(context, "from"), to, context.RequestAborted), context.RequestAborted);
    }

    private async Task Undo(HttpContext context)
    {
        var subject = await authenticator.Authenticate(context);
        var workspace = context.RouteId<WorkspaceId>("workspace");
        var (commit, dispatch) = await workspaces.FindCommit(workspace, context.Request.RouteValues["commit"] as string ?? "", context.RequestAborted);
        var result = await workspaces.Undo(workspace, [commit], subject, context.RequestAborted);
        // A card is of a dispatch. Where none made the commit, the proposal is told in this answer alone.
        if (result.ProposalRef is { } kept && dispatch is { } by)
            await cards.Put(result, kept, by, subject, CancellationToken.None);

        await context.Response.WriteJson(new UndoResult([result]), VexaJson.Default.UndoResult, context.RequestAborted);
    }

    private async Task<WorkspaceId> Find(HttpContext context)
    {
        await authenticator.Authenticate(context);
        return context.RouteId<WorkspaceId>("workspace");
    }

    private static string? Query(HttpContext context, string name) => context.Request.Query[name].ToString() is { Length: > 0 } value ? value : null;
}
