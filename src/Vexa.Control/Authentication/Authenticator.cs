using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Hosting;

namespace Vexa.Control.Authentication;

/// <summary>
/// Who is calling the API: over the local socket whoever the kernel says is this same user, over TCP whoever shows an API token.
/// </summary>
internal sealed class Authenticator(ApiTokens tokens, ControlOptions options)
{
    /// <exception cref="VexaException">401.</exception>
    public async Task<SubjectId> Authenticate(HttpContext context)
    {
        if (context.Features.Get<ListenerTag>() is { Name: ListenerTag.Local })
        {
            var peer = PeerCredentials.Of(context.Features.Get<IConnectionSocketFeature>()!.Socket);
            if (peer.IsSameUser)
                return options.Owner;

            throw Refused("The local socket is for the user who runs vexa.", "Call over HTTP with an API token.");
        }

        if (context.Request.BearerToken() is not { } token)
            throw Refused("There is no API token on this request.", "Send Authorization: Bearer <token>; the first one was printed by: vexa up");

        return await tokens.Find(token, context.RequestAborted) is { } known
            ? known.Subject
            : throw Refused("The API token is not known here.", "Use the one that the first vexa up printed; on this machine the commands need none.");
    }

    private static VexaException Refused(string message, string hint) =>
        new(Stage.Authenticate, Party.Caller, "unauthenticated", message, hint) { Status = 401 };
}
