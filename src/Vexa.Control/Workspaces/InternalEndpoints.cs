using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Control.Runs;
using Vexa.Hosting;
using Vexa.Identity;
using Vexa.Streams;
using Vexa.Workspaces;

namespace Vexa.Control.Workspaces;

/// <summary>
/// What runtime and door ask of control. The socket is ours alone, and yet each call shows a token of its dispatch, which is verified
/// here again: neither role may fetch or push what the grant does not say.
/// </summary>
internal sealed partial class InternalEndpoints(
    TokenVerifier verifier, TokenMint mint, LiveRuns live, WorkspaceStore workspaces, LandedWork landed, UnitStream stream, ILogger<InternalEndpoints> log)
{
    public void Map(WebApplication app)
    {
        app.MapGet("/internal/workspaces/{workspace}/bundle", (RequestDelegate)ServeBundle);
        app.MapPost("/internal/dispatches/{dispatch}/workspaces/{workspace}/bundle", (RequestDelegate)ReceiveBundle);
        app.MapPost("/internal/dispatches/{dispatch}/token", (RequestDelegate)RenewToken);
    }

    private async Task ServeBundle(HttpContext context)
    {
        var claims = verifier.Verify(context.Request.BearerToken() ?? "", Audience.Runtime);
        var workspace = context.RouteId<WorkspaceId>("workspace");
        if (claims.Workspaces.All(w => w.Id != workspace))
            throw NotGranted(workspace);

        context.Response.ContentType = MediaTypes.GitBundle;
        await workspaces.OpenBundle(workspace, context.Request.Query["commit"].ToString(), context.Response.Body, context.RequestAborted);
    }

    // Step 10. When this answers, the commit is durable (I7).
    private async Task ReceiveBundle(HttpContext context)
    {
        var (claims, run) = LiveDispatch(context);
        using var entered = await run.EnterReceiving(context.RequestAborted);
        // Until the commit is told: one that is on the trunk is in the record of its run.
        using var hold = run.TryHold() ?? throw Ended();
        var workspace = context.RouteId<WorkspaceId>("workspace");
        var turn = Id.Parse<TurnId>(context.Request.Query["turn"]);
        if (!claims.Workspaces.Contains(new WorkspaceAccess(workspace, AccessMode.Rw)))
            throw NotGranted(workspace);

        if (!run.Run.Turns.Any(t => t.Id == turn && t.Ok is null))
            throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "turn-closed", $"Turn {turn} is not open in this dispatch.", "A turn commits before it completes.") { Status = 409 };

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = workspaces.LargestBundle;

        var result = await Land(run, turn, workspace, context.Request.Body, context.RequestAborted);
        UnitEvent told = result.ProposalRef is { } proposal
            ? new Proposal(workspace, proposal, result.Reason ?? "conflict") { Turn = turn }
            : new Commit(workspace, result.Sha, result.Files, result.Insertions, result.Deletions, result.Parent) { Turn = turn };
        if ((await stream.Append(claims.Dispatch, $"commit:{turn}:{workspace}:{result.Sha}", 1, [told], CancellationToken.None)).Refused is { } rule)
            NotTold(log, claims.Dispatch, result.Sha, rule);

        await context.Response.WriteJson(result, VexaJson.Default.CommitResult, context.RequestAborted);
    }

    // Past the bucket there is no way back: what follows only tells of it, and is told once however often the worker asks.
    private async Task<CommitResult> Land(LiveRun run, TurnId turn, WorkspaceId workspace, System.IO.Stream bundle, CancellationToken ct)
    {
        try
        {
            var result = await workspaces.Receive(workspace, new ReceiveRequest
            {
                Dispatch = run.Run.Id,
                Turn = turn,
                Subject = run.Run.Subject,
                Launcher = run.Run.Launcher,
                Runner = run.Run.Runner,
                Bundle = bundle,
            }, ct);
            await landed.Record(run, turn, result, CancellationToken.None);
            return result;
        }
        catch (Exception fault) when (fault is not VexaException { Party: Party.Agent })
        {
            run.MayLackWork = true;
            throw;
        }
    }

    private Task RenewToken(HttpContext context)
    {
        var (claims, _) = LiveDispatch(context);
        return context.Response.WriteJson(new RenewedToken(mint.Renew(claims, TokenMint.Lifetime)), VexaJson.Default.RenewedToken, context.RequestAborted);
    }

    private (DispatchClaims Claims, LiveRun Run) LiveDispatch(HttpContext context)
    {
        var claims = verifier.Verify(context.Request.BearerToken() ?? "", Audience.Door);
        if (claims.Dispatch != context.RouteId<DispatchId>("dispatch"))
            throw new VexaException(Stage.Authenticate, Party.Agent, "token-dispatch", "The token is of another dispatch.", "Show the dispatch's own token.") { Status = 403 };

        return live.Find(claims.Dispatch) is { Run.State: not RunState.Ended } run
            ? (claims, run)
            : throw Ended();
    }

    private static VexaException Ended() =>
        new(Stage.Authenticate, Party.Agent, "dispatch-ended", "The dispatch has ended.", "Nothing more is taken from it.") { Status = 403 };

    private static VexaException NotGranted(WorkspaceId workspace) =>
        new(Stage.WorkspaceOpen, Party.Agent, "workspace-not-granted", $"This dispatch has no such access to workspace {workspace}.", "Dispatch with the workspace in its list.") { Status = 403 };

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {Run}: commit {Commit} is on record, but the stream took no word of it: {Rule}")]
    private static partial void NotTold(ILogger log, DispatchId run, string commit, string rule);
}
