using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Control.Api;
using Vexa.Control.Authentication;
using Vexa.Control.Cards;
using Vexa.Control.Dispatch;
using Vexa.Control.Stream;
using Vexa.Hosting;
using Vexa.Workspaces;

namespace Vexa.Control.Runs;

/// <summary><c>/v1/runs</c>: what ran, what came of it, stop it, take it back.</summary>
internal sealed class RunEndpoints(
    Authenticator authenticator, RunJournal journal, RunCanceller canceller, EventStreamWriter events, WorkspaceStore workspaces, MergeCards cards, Transcripts transcripts, RuntimeClient runtime)
{
    private const int MostRuns = 200;

    public void Map(WebApplication app)
    {
        ApiOperations.ListRuns.Map(app, List);
        ApiOperations.GetRun.Map(app, Get);
        ApiOperations.GetRunEvents.Map(app, Events);
        ApiOperations.GetRunLogs.Map(app, Logs);
        ApiOperations.CancelRun.Map(app, Cancel);
        ApiOperations.UndoRun.Map(app, Undo);
    }

    private async Task List(HttpContext context)
    {
        var subject = await authenticator.Authenticate(context);
        var limit = int.TryParse(context.Request.Query["limit"], System.Globalization.NumberStyles.None, null, out var asked) ? Math.Clamp(asked, 1, MostRuns) : 50;
        await context.Response.WriteJson(new RunList(await journal.List(subject, limit, context.RequestAborted)), VexaJson.Default.RunList, context.RequestAborted);
    }

    private async Task Get(HttpContext context) =>
        await context.Response.WriteJson(await Find(context), VexaJson.Default.Run, context.RequestAborted);

    private async Task Events(HttpContext context)
    {
        var run = await Find(context);
        var after = await events.ReadCursor(context, run.Id, otherwise: 0);
        if (context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "text/event-stream"))
            await events.WriteRun(context, run.Id, after);
        else
            await events.WriteSnapshot(context, run.Id, after);
    }

    private async Task Logs(HttpContext context)
    {
        var run = await Find(context);
        context.Response.ContentType = "text/plain; charset=utf-8";
        var output = run.State == RunState.Ended ? await transcripts.ReadOutput(run.Id, context.RequestAborted) : await runtime.Logs(run.Id, context.RequestAborted);
        await context.Response.WriteAsync(output ?? "", context.RequestAborted);
    }

    private async Task Cancel(HttpContext context)
    {
        var run = await Find(context);
        await canceller.Cancel(run.Id);
        await context.Response.WriteJson(await Find(context), VexaJson.Default.Run, context.RequestAborted);
    }

    private async Task Undo(HttpContext context)
    {
        var run = await Find(context);
        var (undone, failed) = (new List<CommitResult>(), new List<(WorkspaceId Workspace, VexaException Fault)>());
        foreach (var commits in run.Turns.SelectMany(t => t.Commits).Where(c => c.ProposalRef is null).GroupBy(c => c.Workspace))
            try
            {
                undone.Add(await Undo(run, commits.Key, [.. commits.Select(c => c.Sha).Reverse()], context.RequestAborted));
            }
            catch (VexaException fault)
            {
                // What is wrong with one workspace is no reason to leave the run's work in the others.
                failed.Add((commits.Key, fault));
            }

        if (undone.Count == 0)
            throw failed.Count > 0 ? failed[0].Fault : new VexaException(Stage.WorkspaceCommit, Party.Caller, "nothing-to-undo", $"Run {run.Id} committed nothing.", "See what it did: vexa show " + run.Id) { Status = 409 };

        var failures = failed.Count > 0 ? failed.Select(f => WorkspaceFault.Of(f.Workspace, f.Fault)).ToList() : null;
        await context.Response.WriteJson(new UndoResult(undone, failures), VexaJson.Default.UndoResult, context.RequestAborted);
    }

    private async Task<CommitResult> Undo(Run run, WorkspaceId workspace, IReadOnlyList<string> commits, CancellationToken ct)
    {
        var result = await workspaces.Undo(workspace, commits, run.Subject, ct);
        if (result.ProposalRef is { } kept)
            await cards.Put(result, kept, run.Id, run.Subject, CancellationToken.None);

        return result;
    }

    private async Task<Run> Find(HttpContext context)
    {
        var subject = await authenticator.Authenticate(context);
        return await journal.Read(context.RouteId<DispatchId>("run"), subject, context.RequestAborted);
    }
}
