using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Hosting;

namespace Vexa.Cli.Rehearsal;

/// <summary>The rehearsal model behind the Messages protocol. It checks no key: it gives nothing away.</summary>
internal sealed partial class RehearsalServer(ScriptedModel model, TimeProvider time, ILogger<RehearsalServer> log)
{
    private const long LargestRequest = 32 * 1024 * 1024;
    private static readonly TimeSpan BeforeTheBreak = TimeSpan.FromMilliseconds(100);
    private static readonly byte[] Garbage = Encoding.UTF8.GetBytes("<html><body>502 upstream said: \u0000 {\"type\": \"message_sta\n\nevent: ???\ndata: {{{\n\n");

    /// <summary>Serves until asked to stop.</summary>
    /// <param name="bound">Told the address once it listens.</param>
    /// <exception cref="VexaException">The address is taken.</exception>
    public static async Task Run(Script script, RehearsalAddress address, Action<string> bound, CancellationToken stop)
    {
        var builder = RoleApp.CreateBuilder();
        builder.Services.AddSingleton(script).AddSingleton<ScriptedModel>().AddSingleton<RehearsalServer>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = LargestRequest;
            address.Listen(kestrel);
        });

        await using var app = builder.Build();
        app.UseRouting();
        app.MapHealth("rehearsal");
        app.Services.GetRequiredService<RehearsalServer>().Map(app);
        app.Lifetime.ApplicationStarted.Register(() => bound(app.Urls.FirstOrDefault() ?? ""));
        try
        {
            await app.RunUntil(address.Socket is { } socket ? [socket] : [], stop);
        }
        catch (IOException fault) when (fault.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw Commands.Faults.Machine("port-in-use", $"Something else listens on {address}.", "Choose another: --listen 127.0.0.1:0 takes a free port.", fault);
        }
    }

    private void Map(WebApplication app)
    {
        app.MapMethods("/", ["HEAD", "GET"], (RequestDelegate)(static _ => Task.CompletedTask));
        app.MapGet("/v1/models", (RequestDelegate)Models);
        app.MapPost("/v1/messages", (RequestDelegate)Messages);
        app.MapPost("/v1/messages/count_tokens", (RequestDelegate)CountTokens);
        app.MapFallback((RequestDelegate)(context => Refuse(context, 404, $"There is nothing at {context.Request.Method} {context.Request.Path}: this is a rehearsal of the Messages API.")));
    }

    private static Task Models(HttpContext context) => Write(context, new JsonObject
    {
        ["data"] = new JsonArray(new JsonObject
        {
            ["type"] = "model",
            ["id"] = "rehearsal",
            ["display_name"] = "Rehearsal (a script, not a model)",
            ["created_at"] = "2025-01-01T00:00:00Z",
        }),
        ["has_more"] = false,
        ["first_id"] = "rehearsal",
        ["last_id"] = "rehearsal",
    });

    private async Task CountTokens(HttpContext context)
    {
        if (await Read(context) is { } conversation)
            await Write(context, new JsonObject { ["input_tokens"] = MessageEvents.InputTokens(conversation) });
    }

    private async Task Messages(HttpContext context)
    {
        if (await Read(context) is not { } conversation)
            return;

        var answer = model.Answer(conversation);
        Answered(log, answer.Rule, conversation.Turn, conversation.ToolResults, conversation.Bytes);
        await Wait(answer.Delay, context.RequestAborted);
        switch (answer.Fault)
        {
            case StatusFault fault:
                await Fail(context, fault);
                break;
            case GarbageFault:
                context.Response.ContentType = conversation.Stream ? "text/event-stream" : "application/json";
                await context.Response.Body.WriteAsync(Garbage, context.RequestAborted);
                break;
            case HangFault:
                await Wait(Timeout.InfiniteTimeSpan, context.RequestAborted);
                break;
            default:
                await Reply(context, answer, conversation);
                break;
        }
    }

    private async Task Reply(HttpContext context, Answer answer, Conversation conversation)
    {
        var id = $"msg_rehearsal_{Guid.NewGuid():N}";
        if (!conversation.Stream && answer.Fault is null)
        {
            await Write(context, MessageEvents.Message(id, answer, conversation));
            return;
        }

        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        var events = MessageEvents.Stream(id, answer, conversation).ToList();
        var cut = answer.Fault is CloseMidStreamFault ? events.Count / 2 : events.Count;
        foreach (var (i, item) in events.Index().Take(cut))
        {
            if (i > 0 && item["delta"]?["type"]?.GetValue<string>() == "text_delta")
                await Wait(answer.Pace, context.RequestAborted);
            await context.Response.Body.WriteAsync(Frame(item), context.RequestAborted);
            if (answer.Pace > TimeSpan.Zero || cut < events.Count)
                await context.Response.Body.FlushAsync(context.RequestAborted);
        }

        if (cut == events.Count)
            return;
        // Aborting drops what the server has not sent yet, and a break in the middle needs a beginning.
        await Wait(BeforeTheBreak, context.RequestAborted);
        context.Abort();
    }

    internal static byte[] Frame(JsonObject item) => Encoding.UTF8.GetBytes($"event: {item["type"]}\ndata: {item.ToJsonString()}\n\n");

    private static async Task Fail(HttpContext context, StatusFault fault)
    {
        if (fault.RetryAfter is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (fault.Body is not { } body)
        {
            await Refuse(context, fault.Status, $"The rehearsal script asked for status {fault.Status} here.");
            return;
        }

        context.Response.StatusCode = fault.Status;
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body), context.RequestAborted);
    }

    private static async Task<Conversation?> Read(HttpContext context)
    {
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            return Conversation.Parse(body.GetBuffer().AsMemory(0, (int)body.Length));
        }
        catch (JsonException fault)
        {
            await Refuse(context, 400, $"The body is not a Messages request: {fault.Message}");
            return null;
        }
        catch (BadHttpRequestException fault)
        {
            await Refuse(context, fault.StatusCode, "The request cannot be read.");
            return null;
        }
    }

    private Task Wait(TimeSpan span, CancellationToken ct) => span == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(span, time, ct);

    private static Task Refuse(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return Write(context, MessageEvents.Error(MessageEvents.ErrorType(status), message));
    }

    private static Task Write(HttpContext context, JsonObject body)
    {
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body.ToJsonString()), context.RequestAborted).AsTask();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "answered by '{Rule}': turn {Turn}, {ToolResults} tool results, {Bytes} bytes")]
    private static partial void Answered(ILogger log, string rule, int turn, int toolResults, long bytes);
}
