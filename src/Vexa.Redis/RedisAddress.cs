using System.Text;

namespace Vexa.Redis;

/// <summary>The text form of where a server is.</summary>
internal static class RedisAddress
{
    private const string Forms = "unix:/path/redis.sock, redis://[user:password@]host[:port] or rediss://... for TLS";

    /// <summary>Linux keeps a socket's path in 108 bytes, the last of which is zero.</summary>
    private const int MaxSocketPath = 107;

    public static RedisOptions Parse(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var colon = address.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? throw Unknown() : address[..colon] switch
        {
            "unix" => OfSocket(address[(colon + 1)..]),
            "redis" => OfUri(address, tls: false),
            "rediss" => OfUri(address, tls: true),
            _ => throw Unknown(),
        };
    }

    public static string? SocketPathFault(string path)
    {
        if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal))
            return "the socket's path must begin with /";
        var length = Encoding.UTF8.GetByteCount(path);
        return length > MaxSocketPath ? $"the socket's path has {length} bytes, and the system allows {MaxSocketPath}" : null;
    }

    private static RedisOptions OfSocket(string path)
    {
        if (path.StartsWith("///", StringComparison.Ordinal))
            path = path[2..];
        return SocketPathFault(path) is { } fault ? throw Wrong(fault) : new() { UnixSocket = path };
    }

    private static RedisOptions OfUri(string address, bool tls)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
            throw Wrong("there is no host in it; are all special characters of the password percent-encoded?");
        if (uri.AbsolutePath is not ("" or "/") || uri.Fragment.Length > 0)
            throw Wrong("nothing may follow the port (database 0 is the only one we use)");

        var options = new RedisOptions
        {
            Host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host.Trim('[', ']') : uri.Host,
            Port = uri.IsDefaultPort || uri.Port < 0 ? 6379 : uri.Port,
            Tls = tls,
            TlsAuthorities = AuthoritiesIn(uri.Query, tls),
        };
        if (options.Port == 0)
            throw Wrong("the port is 0");
        if (uri.UserInfo.Length == 0)
            return options;

        var colon = uri.UserInfo.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            throw Wrong("there is a user without a password; write user:password@ or :password@");
        var user = Uri.UnescapeDataString(uri.UserInfo[..colon]);
        var password = Uri.UnescapeDataString(uri.UserInfo[(colon + 1)..]);
        return password.Length == 0
            ? throw Wrong("the password is empty")
            : options with { User = user.Length == 0 ? null : user, Password = password };
    }

    private static string? AuthoritiesIn(string query, bool tls)
    {
        if (query.Length == 0)
            return null;
        const string Key = "?ca=";
        return tls && query.StartsWith(Key, StringComparison.Ordinal) && !query.Contains('&', StringComparison.Ordinal)
            ? Uri.UnescapeDataString(query[Key.Length..])
            : throw Wrong("the only setting that may follow is ?ca=/path/ca.pem, with rediss");
    }

    private static FormatException Unknown() => new($"A Redis address is {Forms}.");

    private static FormatException Wrong(string fault) => new($"The Redis address is wrong: {fault}. It is {Forms}.");
}
