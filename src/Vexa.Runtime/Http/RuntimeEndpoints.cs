using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Vexa.Contracts;
using Vexa.Hosting;
using Vexa.Identity;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Http;

/// <summary><c>runtime.v1</c> over the runtime socket, which only control's user may open.</summary>
internal sealed class RuntimeEndpoints(RuntimeRole role, RuntimeOptions options, TokenVerifier tokens, IHostApplicationLifetime lifetime)
{
    private readonly WorkloadSet _workloads = role.Workloads;
    // More than its rules let in: so it is they who refuse what is too large, and say what is.
    private const long LargestSpec = 4 * 1024 * 1024;
    private const string NdJson = "application/x-ndjson";
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestGrace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan UsualGrace = TimeSpan.FromSeconds(1);

    private readonly NodeSize _node = NodeSize.OfThisMachine();

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/workloads", (RequestDelegate)Create);
        routes.MapGet("/workloads", (RequestDelegate)List);
        routes.MapGet("/workloads/{id}", (RequestDelegate)Get);
        routes.MapDelete("/workloads/{id}", (RequestDelegate)Delete);
        routes.MapGet("/workloads/{id}/logs", (RequestDelegate)Logs);
        routes.MapGet("/workloads/{id}/events", (RequestDelegate)EventsOf);
        routes.MapPut("/workloads/{id}/idle", (RequestDelegate)(context => SetIdle(context, idle: true)));
        routes.MapDelete("/workloads/{id}/idle", (RequestDelegate)(context => SetIdle(context, idle: false)));
        routes.MapGet("/events", (RequestDelegate)Events);
        routes.MapGet("/room", (RequestDelegate)Room);
        routes.MapDelete("/snapshots/{workspace}", (RequestDelegate)Forget);
        routes.MapGet("/orphans", (RequestDelegate)Orphans);
    }

    private async Task Create(HttpContext context)
    {
        var token = context.Request.BearerToken() ?? throw NoToken();
        var claims = tokens.Verify(token, Audience.Runtime);
        var create = await context.Request.ReadJson(VexaJson.Default.WorkloadCreate, LargestSpec, context.RequestAborted);
        SpecRules.Check(create.Spec, _node);
        create = create with { Spec = Admission.Admit(create.Spec, claims) };
        _workloads.RequireRecovered();
        await role.Proof.Require(create.Spec.Isolation ?? options.Isolation, create.Spec.Image, context.RequestAborted);

        // Not bound to the request: where control goes away meanwhile, it finds the workload by its id.
        var (status, created) = await _workloads.Create(create, token);
        context.Response.StatusCode = created ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        await context.Response.WriteJson(status, VexaJson.Default.WorkloadStatus, context.RequestAborted);
    }

    private Task List(HttpContext context) =>
        context.Response.WriteJson(new WorkloadList(_workloads.List()), VexaJson.Default.WorkloadList, context.RequestAborted);

    private async Task Get(HttpContext context)
    {
        var id = context.RouteId<DispatchId>("id");
        var wait = Amount(context, "wait", TimeSpan.Zero, TimeSpan.FromSeconds(1), LongestWait);
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        WorkloadStatus status;
        try
        {
            status = wait > TimeSpan.Zero ? await _workloads.WaitForStop(id, wait, closing.Token) : _workloads.Get(id).Status;
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            status = _workloads.Get(id).Status; // this role ends: answer now, so that its end does not have to wait
        }

        await context.Response.WriteJson(status, VexaJson.Default.WorkloadStatus, context.RequestAborted);
    }

    private async Task Delete(HttpContext context)
    {
        var id = context.RouteId<DispatchId>("id");
        var grace = Amount(context, "grace_ms", UsualGrace, TimeSpan.FromMilliseconds(1), LongestGrace);
        var reason = context.Request.Query["reason"].ToString() switch
        {
            "" or "cancelled" => StopReason.Cancelled,
            "idle_timeout" => StopReason.IdleTimeout,
            "completed" => StopReason.Completed,
            _ => throw BadQuery("reason", "cancelled, idle_timeout or completed"),
        };
        var status = await _workloads.Stop(id, new StopRequest(reason, grace));
        await context.Response.WriteJson(status, VexaJson.Default.WorkloadStatus, context.RequestAborted);
    }

    private Task Logs(HttpContext context)
    {
        var output = _workloads.Get(context.RouteId<DispatchId>("id")).Output;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.Body.WriteAsync(output, context.RequestAborted).AsTask();
    }

    private Task SetIdle(HttpContext context, bool idle)
    {
        var workload = _workloads.Get(context.RouteId<DispatchId>("id"));
        if (!workload.SetIdle(idle))
            throw new VexaException(Stage.Request, Party.Caller, "not-running", $"Workload '{workload.Spec.Id}' does not run.", "Start a new one.") { Status = 409 };

        return context.Response.WriteJson(workload.Status, VexaJson.Default.WorkloadStatus, context.RequestAborted);
    }

    private async Task EventsOf(HttpContext context)
    {
        var workload = _workloads.Get(context.RouteId<DispatchId>("id"));
        context.Response.ContentType = NdJson;
        foreach (var happened in _workloads.Events.Of(workload.Spec.Id))
            await WriteLine(context, happened);
    }

    private async Task Events(HttpContext context)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.Response.ContentType = NdJson;
        await context.Response.StartAsync(closing.Token);
        try
        {
            await foreach (var happened in _workloads.Events.Follow(closing.Token))
            {
                await WriteLine(context, happened);
                await context.Response.Body.FlushAsync(closing.Token);
            }
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            // Whoever followed has left, or this role ends.
        }
    }

    private Task Room(HttpContext context)
    {
        _workloads.RequireRoom(context.Request.Query["subject"].ToString());
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task Forget(HttpContext context)
    {
        // Before that, nobody knows which are in use.
        _workloads.RequireRecovered();
        role.Snapshots.Forget(context.RouteId<WorkspaceId>("workspace"));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task Orphans(HttpContext context)
    {
        _workloads.RequireRecovered();
        var found = await role.FindOrphans(context.RequestAborted);
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(string.Concat(found.Select(line => line + "\n")), context.RequestAborted);
    }

    private static async Task WriteLine(HttpContext context, WorkloadEvent happened) =>
        await context.Response.Body.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(happened, VexaJson.Default.WorkloadEvent), (byte)'\n'], context.RequestAborted);

    private static TimeSpan Amount(HttpContext context, string name, TimeSpan usual, TimeSpan unit, TimeSpan most)
    {
        var text = context.Request.Query[name].ToString();
        if (text.Length == 0)
            return usual;

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var amount) && amount <= most / unit
            ? amount * unit
            : throw BadQuery(name, $"a whole number from 0 to {most / unit}");
    }

    private static VexaException BadQuery(string name, string allowed) =>
        new(Stage.Request, Party.Caller, "bad-query", $"The parameter {name} cannot be used.", $"Allowed: {allowed}.") { Status = 400 };

    private static VexaException NoToken() =>
        new(Stage.Authenticate, Party.Caller, "token-missing", "There is no token.", $"Send 'Authorization: Bearer' with a token whose audience is {Audience.Runtime}.") { Status = 401 };
}
