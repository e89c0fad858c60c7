using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Vexa.Control;
using Vexa.Control.Runs;
using Vexa.Hosting;
using Vexa.IntegrationTests.Drivers;
using Vexa.IntegrationTests.Workspaces;
using Vexa.Redis;
using Vexa.Streams;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>
/// Control as it is, with a real Redis and a bucket on which something may happen, and a runtime that runs nothing: the test plays the
/// worker, and says when a container ends. So two things can be made to meet.
/// </summary>
internal sealed class LoneControl : IAsyncDisposable
{
    public static readonly string ImageDigest = "sha256:" + new string('1', 64);

    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-control-").FullName;
    private readonly ConcurrentDictionary<DispatchId, Container> _containers = new();
    private WebApplication _control = null!;
    private WebApplication _runtime = null!;
    private RedisClient _client = null!;
    private HttpClient _api = null!;
    private HttpClient _inside = null!;

    public PrivateRedis Redis { get; private set; } = null!;

    public UnitStream Stream { get; private set; } = null!;

    public UnitInbox Inbox { get; private set; } = null!;

    /// <summary>Happens before anything is put into the bucket.</summary>
    public Func<string, Task> BeforePut { get; set; } = _ => Task.CompletedTask;

    private TimeProvider Time { get; init; } = TimeProvider.System;

    public IBucket Bucket => _control.Services.GetRequiredService<IBucket>();

    public HttpClient Api => _api;

    private string RunFolder => Path.Combine(_folder, "run");

    public string KeysFolder => Path.Combine(_folder, "keys");

    public WorkspaceStore Workspaces => _control.Services.GetRequiredService<WorkspaceStore>();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <param name="time">Control's own clock; absent, the real one.</param>
    public static async Task<LoneControl> Start(TimeProvider? time = null)
    {
        var lone = new LoneControl { Redis = await PrivateRedis.Start(), Time = time ?? TimeProvider.System };
        await lone.Open();
        return lone;
    }

    /// <summary>Another control process takes over what this one left.</summary>
    public async Task Restart()
    {
        await _control.DisposeAsync();
        await OpenControl();
    }

    /// <summary>Sends a message; returns when it is accepted and its container is there.</summary>
    public async Task<TurnLog> Send(string turn, SessionId? session = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat")
        {
            Content = JsonContent.Create(new ChatRequest { Prompt = turn, Session = session, TurnId = Id.Parse<TurnId>(turn) }, VexaJson.Default.ChatRequest),
        };
        using var answer = await _api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        await answer.ThrowOnProblem(Ct);
        var accepted = new TurnLog
        {
            Dispatch = Id.Parse<DispatchId>(answer.Headers.GetValues("Vexa-Run").Single()),
            Session = Id.Parse<SessionId>(answer.Headers.GetValues("Vexa-Session").Single()),
            Turn = Id.Parse<TurnId>(answer.Headers.GetValues("Vexa-Turn").Single()),
        };
        await Until.IsTrue(() => Task.FromResult(_containers.ContainsKey(accepted.Dispatch) ? "" : null));
        return accepted;
    }

    /// <summary>A first turn that the worker has answered; its container waits for the next.</summary>
    public async Task<TurnLog> Warm()
    {
        var first = await Send("t-1");
        await Say(first, new TurnComplete(Ok: true));
        await Until.IsTrue(async () => (await ReadRun(first.Dispatch)).Turns[0].Ok is true ? "" : null);
        return first;
    }

    public async Task Say(TurnLog turn, UnitEvent said) => Assert.Null((await Stream.Append(turn.Dispatch, [said with { Turn = turn.Turn }], Ct)).Refused);

    public Task<HttpResponseMessage> Cancel(DispatchId id, CancellationToken ct) => _api.PostAsync(new Uri($"/v1/runs/{id}/cancel", UriKind.Relative), content: null, ct);

    public async Task<UndoResult> Undo(DispatchId id)
    {
        using var answer = await _api.PostAsync(new Uri($"/v1/runs/{id}/undo", UriKind.Relative), content: null, Ct);
        return await answer.ReadOrThrow(VexaJson.Default.UndoResult, Ct);
    }

    public async Task<CommitResult> SendBundle(TurnLog turn, WorkspaceId workspace, byte[] bundle)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/internal/dispatches/{turn.Dispatch}/workspaces/{workspace}/bundle?turn={turn.Turn}") { Content = new ByteArrayContent(bundle) };
        request.Headers.Authorization = new("Bearer", _containers[turn.Dispatch].Token);
        using var answer = await _inside.SendAsync(request, Ct);
        return await answer.ReadOrThrow(VexaJson.Default.CommitResult, Ct);
    }

    /// <summary>What git sends for a push of the trunk.</summary>
    /// <returns>What git would read in answer.</returns>
    /// <param name="bundle">With the commits that are pushed.</param>
    public async Task<string> Push(WorkspaceId workspace, string from, string to, byte[] bundle)
    {
        var command = $"{from} {to} refs/heads/main\0report-status\n";
        var pack = bundle.AsSpan(bundle.AsSpan().IndexOf("\n\n"u8) + 2);
        using var content = new ByteArrayContent([.. Encoding.ASCII.GetBytes($"{command.Length + 4:x4}{command}0000"), .. pack]);
        content.Headers.ContentType = new("application/x-git-receive-pack-request");
        using var answer = await _api.PostAsync(new Uri($"/git/{workspace}/git-receive-pack", UriKind.Relative), content, Ct);
        await answer.ThrowOnProblem(Ct);
        return await answer.Content.ReadAsStringAsync(Ct);
    }

    public async Task<Run> ReadRun(DispatchId id)
    {
        using var answer = await _api.GetAsync(new Uri($"/v1/runs/{id}", UriKind.Relative), Ct);
        return await answer.ReadOrThrow(VexaJson.Default.Run, Ct);
    }

    public async Task<Run> AwaitEnd(DispatchId id) => await Until.IsTrue(async () => await ReadRun(id) is { State: RunState.Ended } run ? run : null);

    public async Task<IReadOnlyList<UnitEvent>> Events(DispatchId id)
    {
        using var answer = await _api.GetAsync(new Uri($"/v1/runs/{id}/events", UriKind.Relative), Ct);
        await answer.ThrowOnProblem(Ct);
        return (await answer.Content.ReadFromJsonAsync(VexaJson.Default.IReadOnlyListUnitEvent, Ct))!;
    }

    public void EndContainer(DispatchId id) => _containers[id].Ended.TrySetResult();

    /// <summary>The runtime was told to stop it.</summary>
    public Task Stopped(DispatchId id, TimeSpan within) => _containers[id].Ended.Task.WaitAsync(within, TimeProvider.System, Ct);

    /// <summary>Ends the container, and returns when control is closing its run.</summary>
    public async Task EndContainerAndAwaitClosing(DispatchId id)
    {
        var run = _control.Services.GetRequiredService<LiveRuns>().Find(id)!;
        EndContainer(id);
        await Until.IsTrue(() => Task.FromResult(run.IsClosing ? "" : null));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var container in _containers.Values)
            container.Ended.TrySetResult();
        _api.Dispose();
        _inside.Dispose();
        await _control.DisposeAsync();
        await _runtime.DisposeAsync();
        await _client.DisposeAsync();
        await Redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task Open()
    {
        Directory.CreateDirectory(RunFolder);
        _client = Redis.Connect();
        (Stream, Inbox) = (new UnitStream(_client, TimeProvider.System), new UnitInbox(_client, TimeProvider.System));
        var builder = RoleApp.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenOwnerOnly(Path.Combine(RunFolder, "runtime.sock")));
        _runtime = builder.Build();
        _runtime.UseRouting();
        _runtime.MapPost("/workloads", (RequestDelegate)Create);
        _runtime.MapGet("/workloads/{id}", (RequestDelegate)Wait);
        _runtime.MapDelete("/workloads/{id}", (RequestDelegate)Stop);
        _runtime.MapGet("/room", (RequestDelegate)(_ => Task.CompletedTask));
        _runtime.MapPut("/workloads/{id}/idle", (RequestDelegate)Told);
        _runtime.MapDelete("/workloads/{id}/idle", (RequestDelegate)Told);
        _runtime.MapGet("/workloads/{id}/logs", (RequestDelegate)(_ => Task.CompletedTask));
        await _runtime.StartAsync(Ct);

        await OpenControl();
        _api = UnixHttp.Client(Path.Combine(RunFolder, "api.sock"));
        _inside = UnixHttp.Client(Path.Combine(RunFolder, "control.sock"));
    }

    private async Task OpenControl()
    {
        var options = new ControlOptions
        {
            DataFolder = _folder,
            RunFolder = RunFolder,
            RunnersFolders = [Path.Combine(Repository.Root, "runners")],
            Redis = Redis.Options,
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Bucket = BucketSettings.OfFolder(Path.Combine(_folder, "bucket")),
            Sealing = new SealingOptions { KeyFile = Path.Combine(_folder, "keys", "seal.keys") },
        };
        var bucket = new ScriptedBucket(new FolderBucket(options.Bucket.Address.Folder!)) { BeforePut = key => BeforePut(key) };
        _control = ControlRole.Build(options, await SealedBucket.Open(bucket, options.Sealing, TimeProvider.System, Ct), services => services.AddSingleton(Time).AddLogging(log => log.ClearProviders()));
        await ControlRole.Open(_control, options, Ct);
        await _control.StartAsync(Ct);
    }

    private async Task Create(HttpContext context)
    {
        var create = await context.Request.ReadJson(VexaJson.Default.WorkloadCreate, 1024 * 1024, context.RequestAborted);
        _containers[create.Spec.Id] = new Container(create.Token);
        await context.Response.WriteJson(Status(create.Spec.Id), VexaJson.Default.WorkloadStatus, context.RequestAborted);
    }

    private async Task Wait(HttpContext context)
    {
        var id = context.RouteId<DispatchId>("id");
        await _containers[id].Ended.Task.WaitAsync(context.RequestAborted);
        await context.Response.WriteJson(Status(id), VexaJson.Default.WorkloadStatus, context.RequestAborted);
    }

    private Task Stop(HttpContext context)
    {
        var id = context.RouteId<DispatchId>("id");
        EndContainer(id);
        return context.Response.WriteJson(Status(id), VexaJson.Default.WorkloadStatus, context.RequestAborted);
    }

    // Idle or not: a container that has ended is neither.
    private Task Told(HttpContext context)
    {
        var id = context.RouteId<DispatchId>("id");
        context.Response.StatusCode = _containers[id].Ended.Task.IsCompleted ? StatusCodes.Status409Conflict : StatusCodes.Status200OK;
        return context.Response.WriteJson(Status(id), VexaJson.Default.WorkloadStatus, context.RequestAborted);
    }

    private WorkloadStatus Status(DispatchId id) => _containers[id].Ended.Task.IsCompleted
        ? new() { Id = id, State = WorkloadState.Destroyed, Backend = "none", StopReason = StopReason.Cancelled }
        : new() { Id = id, State = WorkloadState.Running, Backend = "none", ImageDigest = ImageDigest };

    /// <param name="Token">The dispatch's own, as the worker would have it.</param>
    private sealed record Container(string Token)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
