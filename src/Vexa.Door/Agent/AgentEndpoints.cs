using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Door.Listeners;
using Vexa.Hosting;
using Vexa.Streams;

namespace Vexa.Door.Agent;

/// <summary>What a worker may ask of the door. Everything it sends is data of a stranger.</summary>
internal sealed class AgentEndpoints(DoorAuthorization authorization, UnitStream stream, UnitInbox inbox, ControlClient control)
{
    private const long LargestAppend = 1024 * 1024;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(25);
    private const string Worker = "worker";

    public void Map(WebApplication app)
    {
        app.MapPost("/v1/bind", (RequestDelegate)Bind);
        app.MapPost("/v1/events", (RequestDelegate)AppendEvents);
        app.MapGet("/v1/inbox", (RequestDelegate)TakeInbox);
        app.MapPost("/v1/inbox/close", (RequestDelegate)CloseInbox);
        app.MapPost("/v1/workspaces/{workspace}/bundle", (RequestDelegate)SendBundle);
        app.MapPost("/v1/token", (RequestDelegate)RenewToken);
    }

    private Task Bind(HttpContext context)
    {
        var agent = authorization.Authorize(context);
        context.Features.Get<DoorPeer>()!.BoundToken = agent.Token;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task AppendEvents(HttpContext context)
    {
        var (agent, ct) = (authorization.Authorize(context), context.RequestAborted);
        // The contract lets in what is a worker's to write; a frame that states a fact of the trusted side (a commit is durable, ...) is not.
        var append = await context.Request.ReadJson(VexaJson.Default.EventAppend, LargestAppend, ct);
        var outcome = await stream.Append(agent.Dispatch, Worker, append.First, append.Events, ct);
        if (outcome.Refused is { } rule)
            throw rule == "stream-full"
                ? Refused(rule, "This dispatch has written as much as its stream takes.", "Ask for less at once, or for the output in a file; a new session begins with an empty stream.", 409)
                : Refused(rule, "The stream takes no such event now.", "A turn takes events from its acceptance to its one end, numbered without a gap.", 409);

        await context.Response.WriteJson(new EventAppended(outcome.Number), VexaJson.Default.EventAppended, ct);
    }

    private async Task TakeInbox(HttpContext context)
    {
        var (agent, ct) = (authorization.Authorize(context), context.RequestAborted);
        var after = ReadNumber(context, "after", long.MaxValue);
        var wait = TimeSpan.FromSeconds(ReadNumber(context, "wait", (long)LongestWait.TotalSeconds));
        var messages = await inbox.Take(agent.Dispatch, after, wait, ct);
        await context.Response.WriteJson(new Inbox(messages), VexaJson.Default.Inbox, ct);
    }

    private async Task CloseInbox(HttpContext context)
    {
        var (agent, ct) = (authorization.Authorize(context), context.RequestAborted);
        var close = await context.Request.ReadJson(VexaJson.Default.InboxClose, 1024, ct);
        await context.Response.WriteJson(new InboxClosed(await inbox.Close(agent.Dispatch, close.After, ct)), VexaJson.Default.InboxClosed, ct);
    }

    private Task SendBundle(HttpContext context)
    {
        var agent = authorization.Authorize(context);
        var workspace = context.RouteId<WorkspaceId>("workspace");
        if (!agent.Claims.Workspaces.Contains(new WorkspaceAccess(workspace, AccessMode.Rw)))
            throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "workspace-read-only", $"This dispatch may not write to workspace {workspace}.",
                "Dispatch with the workspace in mode rw.")
            { Status = 403 };

        var turn = Id.Parse<TurnId>(context.Request.Query["turn"]);
        return control.RelayBundle(context, agent, workspace, turn);
    }

    private Task RenewToken(HttpContext context) => control.RelayRenewal(context, authorization.Authorize(context));

    private static long ReadNumber(HttpContext context, string name, long most) =>
        long.TryParse(context.Request.Query[name], System.Globalization.NumberStyles.None, null, out var number) && number <= most
            ? number
            : throw Refused("bad-number", $"{name} is a number from 0 to {most}.", "Mend the query.", 400);

    private static VexaException Refused(string rule, string message, string hint, int status) =>
        new(Stage.Stream, Party.Agent, rule, message, hint) { Status = status };
}
