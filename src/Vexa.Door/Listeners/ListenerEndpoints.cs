using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Hosting;
using Vexa.Identity;

namespace Vexa.Door.Listeners;

/// <summary>What the runtime asks of the door, over the owner-only socket: open and close the listener of a dispatch.</summary>
internal sealed class ListenerEndpoints(DoorSockets sockets, TokenVerifier verifier)
{
    public void Map(WebApplication app)
    {
        app.MapPut("/listeners/{dispatch}", (RequestDelegate)Open);
        app.MapDelete("/listeners/{dispatch}", (RequestDelegate)Close);
    }

    // The runtime cannot open a listener of its own invention: it shows the token that control minted for that dispatch.
    private Task Open(HttpContext context)
    {
        var dispatch = context.RouteId<DispatchId>("dispatch");
        var claims = verifier.Verify(context.Request.BearerToken() ?? "", Audience.Door);
        if (claims.Dispatch != dispatch)
            throw new VexaException(Stage.Authenticate, Party.Vexa, "token-dispatch", "The token is of another dispatch.", "Show the dispatch's own token.") { Status = 403 };

        sockets.Open(dispatch);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task Close(HttpContext context)
    {
        var dispatch = context.RouteId<DispatchId>("dispatch");
        await sockets.Close(dispatch);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
