using System.Net.Sockets;

namespace Vexa.Door.Inference;

/// <summary>The one model endpoint of this installation: an address, or a Unix socket. No redirect is followed, no proxy used.</summary>
internal sealed class ModelEndpoint : IDisposable
{
    private readonly HttpClient _http;

    public ModelEndpoint(InferenceOptions options)
    {
        var (address, socket) = options.Address();
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        };
        if (socket is not null)
            handler.ConnectCallback = async (_, ct) =>
            {
                var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await unix.ConnectAsync(new UnixDomainSocketEndPoint(socket), ct);
                    return new NetworkStream(unix, ownsSocket: true);
                }
                catch
                {
                    unix.Dispose();
                    throw;
                }
            };

        // A base path (a gateway's /anthropic, say) is kept: the relative path goes below it.
        _http = new HttpClient(handler)
        {
            BaseAddress = address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public Task<HttpResponseMessage> Send(HttpRequestMessage request, CancellationToken ct) =>
        _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);

    public void Dispose() => _http.Dispose();
}
