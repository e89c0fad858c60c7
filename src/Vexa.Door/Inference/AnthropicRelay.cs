using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Door.Agent;
using Vexa.Door.Listeners;
using Vexa.Streams;

namespace Vexa.Door.Inference;

/// <summary>
/// <c>/anthropic/*</c>: model calls in the Anthropic Messages dialect, passed on to the configured endpoint. The key is added here;
/// the stream goes through byte for byte; usage is counted on the way. Only the paths named here exist.
/// </summary>
internal sealed partial class AnthropicRelay(
    DoorOptions options, ModelEndpoint endpoint, DoorAuthorization authorization, UnitStream stream, TimeProvider time, ILogger<AnthropicRelay> log)
{
    // What a request may carry on to the provider; never Authorization, x-api-key, Host or a cookie of the agent's.
    private static readonly string[] RequestHeaders = ["accept", "anthropic-version", "anthropic-beta", "content-type", "user-agent"];
    private static readonly string[] ResponseHeaders = ["content-type", "retry-after", "request-id", "x-should-retry"];

    public void Map(WebApplication app)
    {
        app.MapMethods("/anthropic/{**path}", ["GET", "HEAD", "POST"], (RequestDelegate)Serve);
        app.MapMethods("/anthropic", ["GET", "HEAD"], (RequestDelegate)Serve);
    }

    private async Task Serve(HttpContext context)
    {
        try
        {
            var agent = authorization.Authorize(context);
            var path = context.Request.RouteValues["path"] as string ?? "";
            switch (context.Request.Method, path)
            {
                case ("HEAD" or "GET", ""):
                    return;
                case ("GET", "v1/models"):
                case ("POST", "v1/messages/count_tokens"):
                    await Pass(context, path, meter: null);
                    return;
                case ("POST", "v1/messages"):
                    var meter = new UsageMeter();
                    try
                    {
                        await Pass(context, path, meter);
                    }
                    finally
                    {
                        await Book(agent.Dispatch, meter);
                    }
                    return;
                default:
                    throw new VexaException(Stage.Inference, Party.Agent, "inference-path", $"The model relay does not serve {context.Request.Method} /{path}.",
                        "It serves POST /v1/messages, POST /v1/messages/count_tokens and GET /v1/models.")
                    { Status = 404 };
            }
        }
        catch (VexaException expired) when (expired.Rule == "token-expired")
        {
            // The connection was bound with a token that has been renewed since. A fresh connection is bound with the fresh one.
            context.Abort();
        }
        catch (VexaException failure) when (!context.Response.HasStarted)
        {
            await WriteAnthropicError(context, failure);
        }
    }

    private async Task Pass(HttpContext context, string path, UsageMeter? meter)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = options.Inference.LargestRequest;

        // Idle, not total: a long answer is fine while it moves.
        using var idle = new CancellationTokenSource(options.Inference.IdleTimeout, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, idle.Token);
        try
        {
            using var answer = await Send(context, path, bound.Token);
            context.Response.StatusCode = (int)answer.StatusCode;
            foreach (var name in ResponseHeaders)
                if (answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values))
                    context.Response.Headers[name] = values.ToArray();

            if (answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
                KeyRefused(log, (int)answer.StatusCode);

            await using var body = await answer.Content.ReadAsStreamAsync(bound.Token);
            var buffer = new byte[32 * 1024];
            while (await body.ReadAsync(buffer, bound.Token) is > 0 and var read)
            {
                idle.CancelAfter(options.Inference.IdleTimeout);
                meter?.Observe(buffer.AsSpan(0, read));
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), bound.Token);
                await context.Response.Body.FlushAsync(bound.Token);
            }
        }
        catch (OperationCanceledException) when (idle.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            Abandon(context, new VexaException(Stage.Inference, Party.Provider, "inference-timeout",
                $"The model endpoint sent nothing for {options.Inference.IdleTimeout.TotalSeconds:0} seconds.", "Check the endpoint; then send the message again.")
            { Status = 504 });
        }
        catch (Exception fault) when ((fault as BadHttpRequestException ?? fault.InnerException) is BadHttpRequestException bad)
        {
            // What the agent sent cannot be read, or is too large: found out while it was being passed on.
            Abandon(context, Hosting.Problems.AsFailure(bad));
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException && !context.RequestAborted.IsCancellationRequested)
        {
            Unreachable(log, fault);
            Abandon(context, new VexaException(Stage.Inference, Party.Provider, "inference-unavailable",
                "The model endpoint cannot be reached, or broke off.", "Check VEXA_INFERENCE_URL and that the endpoint runs; then send the message again.", fault)
            { Status = 502 });
        }
    }

    // Before the first byte it is an error with words; after it, only a broken connection tells the truth.
    private static void Abandon(HttpContext context, VexaException failure)
    {
        if (!context.Response.HasStarted)
            throw failure;

        context.Abort();
    }

    // A call is judged as a whole before a byte of it leaves. So a dispatch has few of them in memory at a time; the next waits, unread.
    private async Task<HttpResponseMessage> Send(HttpContext context, string path, CancellationToken ct)
    {
        if (context.Request.Method != "POST")
        {
            using var plain = Compose(context, path, content: null);
            return await endpoint.Send(plain, ct);
        }

        var calls = context.Features.Get<DoorPeer>()!.CallsInMemory;
        await calls.WaitAsync(ct);
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, ct);
            Judge(body.GetBuffer().AsSpan(0, (int)body.Length));
            using var request = Compose(context, path, new ByteArrayContent(body.GetBuffer(), 0, (int)body.Length));
            var answer = await endpoint.Send(request, ct);
            // The answer remembers what it answers, and may take minutes.
            request.Content = null;
            return answer;
        }
        finally
        {
            calls.Release();
        }
    }

    private static void Judge(ReadOnlySpan<byte> call)
    {
        try
        {
            if (CallRules.Fault(call) is { } fault)
                throw new VexaException(Stage.Inference, Party.Agent, "inference-egress", $"A model call may not make the provider {fault}.",
                    "Leave it out: what a dispatch may reach, it reaches by its own tools.");
        }
        // InvalidOperationException: an escape that stands for half a character.
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            throw new VexaException(Stage.Inference, Party.Agent, "bad-json", "The model call cannot be read: it is not JSON.", "Send one JSON object.", unreadable);
        }
    }

    private HttpRequestMessage Compose(HttpContext context, string path, HttpContent? content)
    {
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), path + context.Request.QueryString) { Content = content };
        foreach (var name in RequestHeaders)
            if (context.Request.Headers.TryGetValue(name, out var values) && !request.Headers.TryAddWithoutValidation(name, values.ToArray()))
                request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());

        if (options.Inference.Key is { } key)
            request.Headers.TryAddWithoutValidation("x-api-key", key.Reveal());

        return request;
    }

    private async Task Book(DispatchId dispatch, UsageMeter meter)
    {
        if (meter.Read() is not { } usage)
            return;

        // Not bound to the request: what was used counts also where the agent hung up.
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(5), time);
        try
        {
            var outcome = await stream.AppendUsage(dispatch, usage, bound.Token);
            if (outcome.Refused is { } rule)
                NotBooked(log, dispatch, rule);
        }
        catch (VexaException outage)
        {
            NotBooked(log, dispatch, outage.Rule);
        }
        catch (OperationCanceledException)
        {
            NotBooked(log, dispatch, "timeout");
        }
    }

    // In the dialect that the CLI reads, so that its user sees our sentence and not "unexpected response".
    private static async Task WriteAnthropicError(HttpContext context, VexaException failure)
    {
        context.Response.Clear();
        context.Response.StatusCode = Hosting.Problems.StatusOf(failure);
        context.Response.ContentType = "application/json";
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", "error");
            json.WriteStartObject("error");
            json.WriteString("type", context.Response.StatusCode switch { 401 => "authentication_error", 403 => "permission_error", 404 => "not_found_error", < 500 => "invalid_request_error", _ => "api_error" });
            json.WriteString("message", $"{failure.Message} {failure.Hint}");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        await context.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the model endpoint refused our key ({Status})")]
    private static partial void KeyRefused(ILogger log, int status);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the model endpoint cannot be reached, or broke off")]
    private static partial void Unreachable(ILogger log, Exception cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "usage of {Dispatch} is not in its stream: {Rule}")]
    private static partial void NotBooked(ILogger log, DispatchId dispatch, string rule);
}
