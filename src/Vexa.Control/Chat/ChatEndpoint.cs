using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Control.Api;
using Vexa.Control.Authentication;
using Vexa.Control.Dispatch;
using Vexa.Control.Stream;
using Vexa.Hosting;

namespace Vexa.Control.Chat;

/// <summary><c>POST /v1/chat</c>: one message in, the events of its turn out.</summary>
internal sealed class ChatEndpoint(Authenticator authenticator, Dispatcher dispatcher, EventStreamWriter events)
{
    // Far more than a prompt may have: one that is too long is told so by its rule, and only the absurd is cut off.
    private const long LargestBody = 8 * 1024 * 1024;

    public void Map(WebApplication app) => ApiOperations.Chat.Map(app, Post);

    private async Task Post(HttpContext context)
    {
        var subject = await authenticator.Authenticate(context);
        var request = await context.Request.ReadJson(VexaJson.Default.ChatRequest, LargestBody, context.RequestAborted);
        var resumes = EventStreamWriter.CheckCursor(context) is not null;
        var turn = await dispatcher.Dispatch(request, subject, resumes, context.RequestAborted);
        var after = await events.ReadCursor(context, turn.Dispatch, otherwise: turn.After);
        context.Response.Headers["Vexa-Run"] = turn.Dispatch.Value;
        context.Response.Headers["Vexa-Session"] = turn.Session.Value;
        context.Response.Headers["Vexa-Turn"] = turn.Turn.Value;
        await events.WriteTurn(context, new AcceptedTurnCursor(turn.Dispatch, turn.Turn, after));
    }
}
