using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Control.Authentication;
using Vexa.Control.Dispatch;
using Vexa.Control.Stream;
using Vexa.Hosting;

namespace Vexa.Control.Chat;

/// <summary><c>POST /v1/chat</c>: one message in, the events of its turn out.</summary>
internal sealed class ChatEndpoint(Authenticator authenticator, Dispatcher dispatcher, EventStreamWriter events)
{
    // Room for a prompt of the largest size with every character escaped.
    private const long LargestBody = 1024 * 1024;

    public void Map(WebApplication app) => app.MapPost("/v1/chat", (RequestDelegate)Post);

    private async Task Post(HttpContext context)
    {
        var subject = await authenticator.Authenticate(context);
        var request = await context.Request.ReadJson(VexaJson.Default.ChatRequest, LargestBody, context.RequestAborted);
        var turn = await dispatcher.Dispatch(request, subject, context.RequestAborted);
        var after = await events.ReadCursor(context, turn.Dispatch, otherwise: turn.After);
        context.Response.Headers["Vexa-Run"] = turn.Dispatch.Value;
        context.Response.Headers["Vexa-Session"] = turn.Session.Value;
        context.Response.Headers["Vexa-Turn"] = turn.Turn.Value;
        await events.WriteTurn(context, new AcceptedTurnCursor(turn.Dispatch, turn.Turn, after));
    }
}
