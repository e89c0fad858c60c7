using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Door.Listeners;
using Vexa.Hosting;
using Vexa.Identity;

namespace Vexa.Door.Agent;

/// <summary>
/// Three facts that must agree on every request: the socket the connection came in by, the attested peer, and the dispatch named in a
/// token that is verified now.
/// </summary>
internal sealed class DoorAuthorization(TokenVerifier verifier)
{
    /// <exception cref="VexaException">401 or 403, with the rule.</exception>
    public AuthorizedAgent Authorize(HttpContext context)
    {
        var peer = context.Features.Get<DoorPeer>() ?? throw new InvalidOperationException("Agent routes are served to attested peers only.");
        var token = peer.BoundToken ?? context.Request.BearerToken() ?? throw new VexaException(Stage.Authenticate, Party.Agent, "token-missing",
            "There is no dispatch token on this request.", "Send Authorization: Bearer <token>, or bind the connection at POST /v1/bind.")
        { Status = 401 };
        var claims = verifier.Verify(token, Audience.Door);
        if (claims.Dispatch != peer.Dispatch)
            throw new VexaException(Stage.Authenticate, Party.Agent, "token-dispatch", "The token is of another dispatch.",
                "A token works only from the container that it was given to.")
            { Status = 403 };

        return new AuthorizedAgent(claims, token);
    }
}

/// <param name="Token">As presented; control verifies it again.</param>
internal sealed record AuthorizedAgent(DispatchClaims Claims, string Token)
{
    public DispatchId Dispatch => Claims.Dispatch;
}
