using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Hosting;

/// <summary>HTTP to a role of our own over its Unix socket; problems that it answers come back as the failure they were.</summary>
public static class UnixHttp
{
    /// <summary>A client whose every connection goes to the socket at <paramref name="path"/>.</summary>
    public static HttpClient Client(string path) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
        UseProxy = false,
        AllowAutoRedirect = false,
        // One hung answer must not hold a request forever; callers bound the whole with their token.
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
    })
    {
        BaseAddress = new Uri("http://vexa"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Reads the value of a success, or throws the failure that a problem tells of.</summary>
    public static async Task<T> ReadOrThrow<T>(this HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken ct) where T : class
    {
        await response.ThrowOnProblem(ct);
        return Read(await response.Content.ReadAsByteArrayAsync(ct), type);
    }

    /// <exception cref="VexaException">The answer is no success.</exception>
    public static async Task ThrowOnProblem(this HttpResponseMessage response, CancellationToken ct)
    {
        if (response.IsSuccessStatusCode)
            return;

        if (response.Content.Headers.ContentType?.MediaType == Problem.MediaType)
            throw Read(await response.Content.ReadAsByteArrayAsync(ct), VexaJson.Default.Problem).ToException(response.Headers.RetryAfter?.Delta);

        throw new VexaException(Stage.Request, Party.Vexa, "internal", $"A role answered {(int)response.StatusCode} without a reason.", "Look into the log: vexa logs");
    }

    // What a role of ours answers is its own fault, not that of whoever asks.
    private static T Read<T>(byte[] answer, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return Contract.Read(answer, type);
        }
        catch (ContractException broken)
        {
            throw new VexaException(Stage.Request, Party.Vexa, "role-answer", "A role answered in a shape that is not its contract's.", "Run roles of one version; the log has the place: vexa logs", broken)
            { Status = 502 };
        }
    }
}
