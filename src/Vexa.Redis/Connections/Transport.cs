using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Vexa.Redis;

/// <summary>A byte stream to the server: Unix socket, TCP, or TLS over TCP.</summary>
internal static class Transport
{
    public static async Task<(Socket Socket, Stream Stream)> Open(RedisOptions options, CancellationToken ct)
    {
        var socket = options.UnixSocket is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (options.UnixSocket is not null)
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(options.UnixSocket), ct);
                return (socket, new NetworkStream(socket, ownsSocket: true));
            }

            socket.NoDelay = true;
            // A peer that vanished without a word would hold a blocking read for ever: find out within about 20 seconds.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 3);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(options.Host, options.Port, ct);
            var plain = new NetworkStream(socket, ownsSocket: true);
            return (socket, options.Tls ? await Secure(plain, options, ct) : plain);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> Secure(Stream plain, RedisOptions options, CancellationToken ct)
    {
        var settings = new SslClientAuthenticationOptions { TargetHost = options.Host };
        if (options.TlsAuthorities is not null)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(options.TlsAuthorities);
            settings.CertificateChainPolicy = policy;
        }

        var secure = new SslStream(plain);
        await secure.AuthenticateAsClientAsync(settings, ct);
        return secure;
    }
}
