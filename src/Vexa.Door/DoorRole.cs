using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Vexa.Contracts;
using Vexa.Door.Agent;
using Vexa.Door.Inference;
using Vexa.Door.Listeners;
using Vexa.Hosting;
using Vexa.Identity;
using Vexa.Redis;
using Vexa.Streams;

namespace Vexa.Door;

/// <summary><c>vexa door</c>: the one way out of a container.</summary>
public static class DoorRole
{
    /// <summary>Runs until asked to stop.</summary>
    /// <exception cref="VexaException">A setting is unusable.</exception>
    public static async Task Run(DoorOptions options, CancellationToken stop)
    {
        var builder = RoleApp.CreateBuilder();
        builder.Services
            .AddSingleton(options)
            .AddSingleton(services => new RedisClient(options.Redis, services.GetRequiredService<TimeProvider>()))
            .AddSingleton(services => new TokenVerifier(KeySet.FromFolder(options.KeysFolder), services.GetRequiredService<TimeProvider>()))
            .AddSingleton<UnitStream>()
            .AddSingleton<UnitInbox>()
            .AddSingleton<DoorAuthorization>()
            .AddSingleton<ControlClient>()
            .AddSingleton(new ModelEndpoint(options.Inference))
            .AddSingleton<AnthropicRelay>()
            .AddSingleton<AgentEndpoints>()
            .AddSingleton<ListenerEndpoints>()
            .AddSingleton<DoorSockets>()
            .AddSingleton<IConnectionListenerFactory, DoorTransport>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenOwnerOnly(options.AdminSocket);
            kestrel.Listen(new DoorEndPoint(), listen => listen.Protocols = HttpProtocols.Http1);
            // A bundle is the largest thing an agent sends; control sets the real limit, this one only ends the absurd.
            kestrel.Limits.MaxRequestBodySize = 1L << 30;
            kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });

        await using var app = builder.Build();
        app.UseProblems();
        app.Use(SeparateListeners);
        app.UseRouting();
        app.MapHealth("door");
        app.Services.GetRequiredService<AgentEndpoints>().Map(app);
        app.Services.GetRequiredService<AnthropicRelay>().Map(app);
        app.Services.GetRequiredService<ListenerEndpoints>().Map(app);
        app.Services.GetRequiredService<HealthChecks>().Add("redis", app.Services.GetRequiredService<UnitStream>().CheckHealth);
        app.Services.GetRequiredService<DoorSockets>().Reopen();
        await app.RunUntil([options.AdminSocket], stop);
    }

    // What an agent may reach and what our own roles may reach have no path in common.
    private static Task SeparateListeners(HttpContext context, RequestDelegate next)
    {
        var fromAgent = context.Features.Get<DoorPeer>() is not null;
        var forAgent = context.Request.Path.StartsWithSegments("/v1") || context.Request.Path.StartsWithSegments("/anthropic");
        return fromAgent == forAgent ? next(context) : throw new VexaException(Stage.Request, Party.Caller, "no-such-path",
            "There is nothing at this path.", "See the API description.")
        { Status = 404 };
    }
}
