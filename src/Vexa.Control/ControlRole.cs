using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Control.Api;
using Vexa.Control.Authentication;
using Vexa.Control.Cards;
using Vexa.Control.Chat;
using Vexa.Control.Dispatch;
using Vexa.Control.Leases;
using Vexa.Control.Receipts;
using Vexa.Control.Runners;
using Vexa.Control.Runs;
using Vexa.Control.Stream;
using Vexa.Control.Workspaces;
using Vexa.Hosting;
using Vexa.Identity;
using Vexa.Redis;
using Vexa.Streams;
using Vexa.Workspaces;

namespace Vexa.Control;

/// <summary><c>vexa control</c>: the API, the dispatcher, the keeper of workspaces and records.</summary>
public static class ControlRole
{
    /// <summary>Runs until asked to stop.</summary>
    /// <exception cref="VexaException">A setting is unusable, or a part that is needed at start is not there.</exception>
    public static async Task Run(ControlOptions options, CancellationToken stop)
    {
        using var log = RoleApp.CreateLog();
        await using var redis = new RedisClient(options.Redis, TimeProvider.System);
        await using var opened = await OpenedBucket.Open(options.Bucket, new RedisLeases(redis), TimeProvider.System, log.CreateLogger<OpenedBucket>(), stop);
        using var bucket = await SealedBucket.Open(opened.Bucket, options.Sealing, TimeProvider.System, stop);
        await using var app = Build(options, bucket, services => services.AddSingleton(redis));
        await Open(app, options, stop);
        await app.RunUntil([options.LocalSocket, options.InternalSocket], stop);
    }

    /// <param name="bucket">Where everything durable is.</param>
    /// <param name="change">A test's own services, after all others.</param>
    internal static WebApplication Build(ControlOptions options, SealedBucket bucket, Action<IServiceCollection>? change = null)
    {
        var builder = RoleApp.CreateBuilder();
        AddServices(builder.Services, options, bucket);
        change?.Invoke(builder.Services);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(options.Listen, ListenerTag.Put(ListenerTag.Api));
            kestrel.ListenOwnerOnly(options.LocalSocket, ListenerTag.Put(ListenerTag.Local));
            kestrel.ListenOwnerOnly(options.InternalSocket, ListenerTag.Put(ListenerTag.Internal));
        });

        var app = builder.Build();
        app.UseProblems();
        app.Use(SeparateListeners);
        app.UseRouting();
        app.MapHealth("control");
        app.Services.GetRequiredService<ChatEndpoint>().Map(app);
        app.Services.GetRequiredService<RunEndpoints>().Map(app);
        app.Services.GetRequiredService<WorkspaceEndpoints>().Map(app);
        app.Services.GetRequiredService<TransferEndpoints>().Map(app);
        app.Services.GetRequiredService<GitEndpoints>().Map(app);
        app.Services.GetRequiredService<SealingEndpoints>().Map(app);
        DescriptionEndpoint.Map(app);
        app.Services.GetRequiredService<TokenEndpoints>().Map(app);
        app.Services.GetRequiredService<InternalEndpoints>().Map(app);
        AddHealthChecks(app.Services);
        return app;
    }

    internal static async Task Open(WebApplication app, ControlOptions options, CancellationToken stop)
    {
        await PrepareBucket(app.Services, options, stop);
        app.Services.GetRequiredService<Dispatcher>().Resume(await app.Services.GetRequiredService<RunJournal>().Open(stop));
    }

    private static void AddServices(IServiceCollection services, ControlOptions options, SealedBucket bucket) => services
        .AddSingleton(options)
        .AddSingleton(bucket)
        .AddSingleton<IBucket>(bucket)
        .AddSingleton(RunnerCatalog.Load(options.RunnersFolders))
        .AddSingleton(SigningKey.LoadOrCreate(options.KeysFolder))
        .AddSingleton<TokenMint>()
        .AddSingleton<ReceiptSigner>()
        .AddSingleton<ReceiptWriter>()
        .AddSingleton(s => new TokenVerifier(KeySet.Of(s.GetRequiredService<SigningKey>().Public), s.GetRequiredService<TimeProvider>()))
        .AddSingleton(s => new RedisClient(options.Redis, s.GetRequiredService<TimeProvider>()))
        .AddSingleton<UnitStream>()
        .AddSingleton<UnitInbox>()
        .AddSingleton<Records>()
        .AddSingleton(s => new WorkspaceStore(
            bucket, new WorkspaceOptions { CacheFolder = Path.Combine(options.RunFolder, "git") },
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<WorkspaceStore>>()))
        .AddSingleton<MergeCards>()
        .AddSingleton<ApiTokens>()
        .AddSingleton<Authenticator>()
        .AddSingleton<RuntimeClient>()
        .AddSingleton<Composer>()
        .AddSingleton<RunJournal>()
        .AddSingleton<Transcripts>()
        .AddSingleton<LandedWork>()
        .AddSingleton<RunFollower>()
        .AddSingleton<RunCloser>()
        .AddSingleton<RunCanceller>()
        .AddSingleton<LiveRuns>()
        .AddSingleton<IHostedService>(s => s.GetRequiredService<LiveRuns>())
        .AddSingleton<Dispatcher>()
        .AddSingleton<EventStreamWriter>()
        .AddSingleton<ChatEndpoint>()
        .AddSingleton<RunEndpoints>()
        .AddSingleton<WorkspaceEndpoints>()
        .AddSingleton<TransferEndpoints>()
        .AddSingleton<GitEndpoints>()
        .AddSingleton<SealingEndpoints>()
        .AddSingleton<TokenEndpoints>()
        .AddSingleton<InternalEndpoints>();

    private static void AddHealthChecks(IServiceProvider services)
    {
        var checks = services.GetRequiredService<HealthChecks>();
        checks.Add("redis", services.GetRequiredService<UnitStream>().CheckHealth);
        checks.Add("runtime", services.GetRequiredService<RuntimeClient>().CheckHealth);
        checks.Add("bucket", async ct => await services.GetRequiredService<IBucket>().Put("health/control", "ok"u8.ToArray(), PutCondition.None, ct));
    }

    // The first start makes the home workspace and the first API token, which the command that starts the stack prints once.
    private static async Task PrepareBucket(IServiceProvider services, ControlOptions options, CancellationToken ct)
    {
        var workspaces = services.GetRequiredService<WorkspaceStore>();
        if (!(await workspaces.List(ct)).Contains(options.HomeWorkspace))
            await workspaces.Create(options.HomeWorkspace, new Dictionary<string, string> { ["README.md"] = "# Home\n\nYour knowledge, as plain files.\n" }, options.Owner, ct);

        var tokens = services.GetRequiredService<ApiTokens>();
        if (await tokens.Any(ct))
            return;

        var (_, token, _) = await tokens.Create(options.Owner, ct);
        await using var file = new FileStream(options.FirstTokenFile, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(token), ct);
    }

    // What people may reach and what our own roles may reach have no path in common.
    private static Task SeparateListeners(HttpContext context, RequestDelegate next)
    {
        var isInternal = context.Request.Path.StartsWithSegments("/internal");
        var byInternal = context.Features.Get<ListenerTag>() is { Name: ListenerTag.Internal };
        if (isInternal == byInternal || (byInternal && context.Request.Path == "/health"))
            return next(context);

        throw new VexaException(Stage.Request, Party.Caller, "no-such-path", "There is nothing at this path.", "See the API description.") { Status = 404 };
    }
}
