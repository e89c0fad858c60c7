using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Hosting;

/// <summary>What every role's web host has in common: bare Kestrel, one log format, problems, health.</summary>
public static class RoleApp
{
    /// <summary>A builder with nothing but Kestrel, routing and single-line logs.</summary>
    public static WebApplicationBuilder CreateBuilder()
    {
        // A lone line feed ends no line: two readers of one request could differ on where it ends.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "vexa" });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<HealthChecks>();
        AddLines(builder.Logging);
        return builder;
    }

    /// <summary>The same log, for what a role does before it has a host.</summary>
    public static ILoggerFactory CreateLog() => LoggerFactory.Create(log =>
    {
        log.Services.AddSingleton(TimeProvider.System);
        AddLines(log);
    });

    private static void AddLines(ILoggingBuilder log) => log.SetMinimumLevel(LogLevel.Information)
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning)
        .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>()
        .AddConsole(console => console.FormatterName = LineFormatter.FormatterName);

    /// <summary>Listens on a Unix socket that only this user may open; a stale file of a dead process is taken over.</summary>
    public static void ListenOwnerOnly(this KestrelServerOptions kestrel, string path, Action<ListenOptions>? configure = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Delete(path);
        kestrel.ListenUnixSocket(path, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            configure?.Invoke(listen);
        });
    }

    /// <summary>Runs until asked to stop, and narrows the modes of the sockets that were bound.</summary>
    /// <param name="last">What is done when it was asked to stop, and still serves.</param>
    public static async Task RunUntil(this WebApplication app, IEnumerable<string> ownerOnlySockets, CancellationToken stop, Func<Task>? last = null)
    {
        await app.StartAsync(stop);
        foreach (var socket in ownerOnlySockets)
            File.SetUnixFileMode(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (stop.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), stopped))
            await stopped.Task;

        if (last is not null)
            await last();

        using var force = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await app.StopAsync(force.Token);
    }

    /// <summary>Reads a JSON body by its contract, strictly, up to <paramref name="limit"/> bytes.</summary>
    /// <exception cref="VexaException">413 where it is longer; 400 <c>bad-json</c> where it is not what its contract says.</exception>
    public static async Task<T> ReadJson<T>(this HttpRequest request, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, long limit, CancellationToken ct) where T : class
    {
        if (request.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = limit;

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, ct);
        try
        {
            return Contract.Read(body.GetBuffer().AsSpan(0, (int)body.Length), type);
        }
        catch (ContractException broken)
        {
            throw new VexaException(Stage.Request, Party.Caller, "bad-json", broken.Message, "Mend the body; its shapes are in the API description.", broken)
            { Status = 400, Pointer = broken.Fault.Pointer };
        }
    }

    public static Task WriteJson<T>(this HttpResponse response, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken ct)
    {
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        return response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, type), ct).AsTask();
    }

    /// <summary>The bearer token of a request (RFC 6750 §2.1: header only).</summary>
    public static string? BearerToken(this HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : null;

    /// <summary>An id from the route, parsed.</summary>
    public static T RouteId<T>(this HttpContext context, string name) where T : struct, IId<T> =>
        Id.Parse<T>(context.Request.RouteValues[name] as string);
}
