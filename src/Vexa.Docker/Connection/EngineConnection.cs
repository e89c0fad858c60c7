using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Vexa.Docker.Connection;

/// <summary>
/// Requests and answers over the engine's socket: the version that both speak in front of every path, every answer bounded in time
/// unless it is a stream, and every failure one of two exceptions.
/// </summary>
internal sealed class EngineConnection : IDisposable
{
    private const int LongestErrorText = 4096;
    private static readonly TimeSpan CallBound = TimeSpan.FromSeconds(60);
    private static readonly EngineJson Json = EngineJson.Default;

    private readonly string _socket;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private string? _prefix;

    public EngineConnection(string socket, TimeProvider time)
    {
        (_socket, _time) = (socket, time);
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = Connect, UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = new Uri("http://docker"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Asks without a version, as only <c>/version</c> may be asked.</summary>
    public async Task<EngineVersion> Version(CancellationToken ct)
    {
        var version = await Bounded(async bound => await Read(await SendRaw(HttpMethod.Get, "/version", content: null, bound), Json.EngineVersion, bound), ct);
        _prefix = ApiVersion.Choose(version.ApiVersion, version.MinApiVersion) is { } chosen ? $"/v{chosen}" : null;
        return version;
    }

    public Task<T> Get<T>(string path, JsonTypeInfo<T> type, CancellationToken ct) =>
        Bounded(async bound => await Read(await Send(HttpMethod.Get, path, content: null, bound), type, bound), ct);

    public Task<T> Post<TBody, T>(string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> type, CancellationToken ct) =>
        Bounded(async bound =>
        {
            using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, bodyType)) { Headers = { { "Content-Type", "application/json" } } };
            return await Read(await Send(HttpMethod.Post, path, content, bound), type, bound);
        }, ct);

    /// <summary>A request whose answer is only that it was done.</summary>
    public Task Do(HttpMethod method, string path, CancellationToken ct) => Bounded(async bound =>
    {
        using var done = await Send(method, path, content: null, bound);
        return done.StatusCode;
    }, ct);

    /// <summary>An answer that goes on for as long as somebody reads it. Only its beginning is bounded in time.</summary>
    public async Task<Stream> Open(HttpMethod method, string path, CancellationToken ct)
    {
        var response = await Bounded(bound => Send(method, path, content: null, bound), ct);
        // The stream owns the connection: whoever disposes it gives that back.
        return await response.Content.ReadAsStreamAsync(ct);
    }

    /// <summary>Sends a body that is made while it is sent. Not bounded in time, because it may be as large as an image.</summary>
    public async Task<Stream> Upload(string path, HttpContent content, CancellationToken ct)
    {
        await Prefix(ct);
        var response = await Translate(() => Send(HttpMethod.Post, path, content, ct), ct);
        return await response.Content.ReadAsStreamAsync(ct);
    }

    /// <summary>Turns what a broken connection throws while an answer is read into what all calls throw.</summary>
    public EngineUnavailableException Broken(Exception fault) => new(EngineFault.Gone, $"The engine at {_socket} went away.", fault);

    private async Task<T> Bounded<T>(Func<CancellationToken, Task<T>> call, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(CallBound, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            return await Translate(() => call(either.Token), ct);
        }
        catch (OperationCanceledException silent) when (!ct.IsCancellationRequested && late.IsCancellationRequested)
        {
            throw new EngineUnavailableException(EngineFault.Silent, $"The engine at {_socket} did not answer within {CallBound.TotalSeconds:0} s.", silent);
        }
    }

    private async Task<T> Translate<T>(Func<Task<T>> call, CancellationToken ct)
    {
        try
        {
            return await call();
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException && !ct.IsCancellationRequested)
        {
            // It may be another one when it is back.
            _prefix = null;
            throw SocketErrorOf(fault) switch
            {
                SocketError.AccessDenied => new EngineUnavailableException(EngineFault.NotPermitted, $"This user may not open {_socket}.", fault),
                // ENOENT, for which a Unix socket has no error of its own here.
                SocketError.ConnectionRefused or SocketError.AddressNotAvailable => new EngineUnavailableException(EngineFault.Absent, $"No engine listens at {_socket}.", fault),
                _ => Broken(fault),
            };
        }
    }

    private async Task<HttpResponseMessage> Send(HttpMethod method, string path, HttpContent? content, CancellationToken ct) =>
        await SendRaw(method, await Prefix(ct) + path, content, ct);

    private async Task<string> Prefix(CancellationToken ct)
    {
        if (_prefix is { } known)
            return known;

        var version = await Version(ct);
        return _prefix ?? throw new EngineUnavailableException(EngineFault.Version,
            $"The engine at {_socket} is {version.Version} and speaks API {version.MinApiVersion ?? "?"} to {version.ApiVersion}, not {ApiVersion.Oldest} to {ApiVersion.Newest}.");
    }

    private async Task<HttpResponseMessage> SendRaw(HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified)
            return response;

        using (response)
            throw new EngineException(response.StatusCode, await ErrorOf(response, ct));
    }

    private static async Task<T> Read<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using (response)
        {
            try
            {
                if (await JsonSerializer.DeserializeAsync(await response.Content.ReadAsStreamAsync(ct), type, ct) is { } answer)
                    return answer;
            }
            catch (JsonException)
            {
                // Told below: what stands there is not an engine's.
            }

            throw new EngineException(HttpStatusCode.BadGateway, "The answer is not in the engine's form.");
        }
    }

    private static async Task<string> ErrorOf(HttpResponseMessage response, CancellationToken ct)
    {
        var text = await response.Content.ReadAsStringAsync(ct);
        try
        {
            text = JsonSerializer.Deserialize(text, Json.EngineError)?.Message ?? text;
        }
        catch (JsonException)
        {
            // A proxy's page, perhaps: then as it is.
        }

        return text.Length > LongestErrorText ? text[..LongestErrorText] : text.Trim();
    }

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SocketError? SocketErrorOf(Exception fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
            if (cause is SocketException socket)
                return socket.SocketErrorCode;

        return null;
    }
}
