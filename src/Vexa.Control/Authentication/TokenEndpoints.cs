using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Control.Api;
using Vexa.Hosting;

namespace Vexa.Control.Authentication;

/// <summary><c>/v1/tokens</c>: make an API token, see which there are, revoke one. Over the local socket only.</summary>
internal sealed class TokenEndpoints(Authenticator authenticator, ApiTokens tokens)
{
    public void Map(WebApplication app)
    {
        ApiOperations.ListTokens.Map(app, List);
        ApiOperations.CreateToken.Map(app, Create);
        ApiOperations.RevokeToken.Map(app, Revoke);
    }

    private async Task List(HttpContext context)
    {
        var subject = await authenticator.AuthenticateLocal(context);
        await context.Response.WriteJson(new TokenList(await tokens.List(subject, context.RequestAborted)), VexaJson.Default.TokenList, context.RequestAborted);
    }

    private async Task Create(HttpContext context)
    {
        var subject = await authenticator.AuthenticateLocal(context);
        var token = await tokens.Create(subject, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status201Created;
        await context.Response.WriteJson(token, VexaJson.Default.NewToken, context.RequestAborted);
    }

    private async Task Revoke(HttpContext context)
    {
        var subject = await authenticator.AuthenticateLocal(context);
        await tokens.Revoke(context.Request.RouteValues["token"] as string ?? "", subject, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
