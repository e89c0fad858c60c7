using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Hosting;

/// <summary>The one place where failures become HTTP: <see cref="VexaException"/> → problem details (RFC 9457).</summary>
public static partial class Problems
{
    /// <summary>Answers every failure below it with a problem; unknown ones are logged and told as our own fault, without internals.</summary>
    public static void UseProblems(this IApplicationBuilder app) => app.Use(static async (HttpContext context, RequestDelegate next) =>
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: 404 or 405, ContentLength: null } && context.GetEndpoint() is null or { DisplayName: "405 HTTP Method Not Supported" })
                await Write(context, NoRoute(context), context.Response.StatusCode);
        }
        catch (Exception fault) when (!context.Response.HasStarted)
        {
            if (context.RequestAborted.IsCancellationRequested)
                return;

            var failure = AsFailure(fault);
            var status = StatusOf(failure);
            var log = context.RequestServices.GetService(typeof(ILogger<Problem>)) as ILogger<Problem>;
            if (log is not null)
                Log(log, failure, status, context.Request);

            await Write(context, failure, status);
        }
    });

    /// <summary>The HTTP status of a failure: its own, or its party's.</summary>
    public static int StatusOf(VexaException failure) => failure.Status ?? failure.Party switch
    {
        Party.Caller => 400,
        Party.Agent => 400,
        Party.Operator => 503,
        Party.Provider => 502,
        _ => 500,
    };

    public static Task Write(HttpContext context, VexaException failure, int status)
    {
        // Where a route asks for another kind of proof than the usual, it has said so.
        var challenge = context.Response.Headers.WWWAuthenticate is [{ } own] ? own : "Bearer";
        context.Response.Clear();
        context.Response.StatusCode = status;
        context.Response.ContentType = Problem.MediaType;
        context.Response.Headers.CacheControl = "no-store";
        if (status == 401)
            context.Response.Headers.WWWAuthenticate = challenge;
        if (failure.RetryAfter is { } wait)
            context.Response.Headers.RetryAfter = ((long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

        return context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(Problem.From(failure, status), VexaJson.Default.Problem)).AsTask();
    }

    /// <summary>Any exception as a failure: ours as it is, a bad request as the caller's, everything else as our own.</summary>
    public static VexaException AsFailure(Exception fault) => fault switch
    {
        VexaException failure => failure,
        BadHttpRequestException { StatusCode: 413 } => new(Stage.Request, Party.Caller, "too-large", "The request body is too large.", "Send less at once.", fault) { Status = 413 },
        BadHttpRequestException bad => new(Stage.Request, Party.Caller, "bad-request", "The request cannot be read.", "Check its headers and body.", fault) { Status = bad.StatusCode },
        // So Kestrel calls a chunk whose size is beyond all numbers.
        IOException { InnerException: OverflowException } => new(Stage.Request, Party.Caller, "bad-request", "The request cannot be read.", "Check its headers and body.", fault) { Status = 400 },
        _ => new(Stage.Request, Party.Vexa, "internal", "Something failed on our side.", "Look into the log: vexa logs", fault),
    };

    private static VexaException NoRoute(HttpContext context) => context.Response.StatusCode == 405
        ? new(Stage.Request, Party.Caller, "no-such-method", "This path does not take this method.", "See the API description.") { Status = 405 }
        : new(Stage.Request, Party.Caller, "no-such-path", "There is nothing at this path.", "See the API description.") { Status = 404 };

    private static void Log(ILogger log, VexaException failure, int status, HttpRequest request)
    {
        if (status >= 500)
            Failed(log, failure.InnerException ?? failure, request.Method, request.Path, failure.Rule, status, failure.Message);
        else
            RefusedRequest(log, request.Method, request.Path, failure.Rule, status);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed: {Rule} ({Status}) {Text}")]
    private static partial void Failed(ILogger log, Exception cause, string method, string path, string rule, int status, string text);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Path} refused: {Rule} ({Status})")]
    private static partial void RefusedRequest(ILogger log, string method, string path, string rule, int status);
}
