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
            throw Refused("There is no API token on this request.", "Send Authorization: Bearer <token>; make one on the machine that runs Vexa: vexa token new");

        return await tokens.Find(token, context.RequestAborted) is { } known
            ? known.Subject
            : throw Refused("The API token is not known here.", "Make another on the machine that runs Vexa: vexa token new. There the commands need none.");
    }

    /// <summary>The same for what only the person at this machine may do: whoever has stolen a token cannot make it a lasting one.</summary>
    /// <exception cref="VexaException">401; 403 over TCP.</exception>
    public async Task<SubjectId> AuthenticateLocal(HttpContext context)
    {
        var subject = await Authenticate(context);
        return context.Features.Get<ListenerTag>() is { Name: ListenerTag.Local }
            ? subject
            : throw new VexaException(Stage.Authenticate, Party.Caller, "local-only", "This is done on the machine that runs Vexa, and no token does it.", "Run the command there.") { Status = 403 };
    }

    private static VexaException Refused(string message, string hint) =>
        new(Stage.Authenticate, Party.Caller, "unauthenticated", message, hint) { Status = 401 };
}
