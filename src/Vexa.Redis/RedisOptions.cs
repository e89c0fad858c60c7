namespace Vexa.Redis;

/// <summary>Where the server is, who we are to it, and how long we wait.</summary>
public sealed record RedisOptions
{
    /// <summary>Path of the server's Unix socket; null for TCP.</summary>
    public string? UnixSocket { get; init; }

    /// <summary>Name or address, for TCP.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>1 to 65,535, for TCP.</summary>
    public int Port { get; init; } = 6379;

    /// <summary>TLS over TCP. The certificate must name <see cref="Host"/>.</summary>
    public bool Tls { get; init; }

    /// <summary>PEM file of the authorities to trust instead of the system's.</summary>
    public string? TlsAuthorities { get; init; }

    /// <summary>ACL user; null means <c>default</c>.</summary>
    public string? User { get; init; }

    /// <summary>Write-only outside this module, and in no <see cref="ToString"/>.</summary>
    public string? Password { internal get; init; }

    /// <summary>The name that <c>CLIENT LIST</c> shows. Printable ASCII without spaces.</summary>
    public string ClientName { get; init; } = "vexa";

    /// <summary>Longest wait for a connection, also of a command that is issued while there is none. 10 ms to 5 min.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Longest silence of the server while it owes a reply; then the connection is given up. What arrives starts it anew, so it
    /// does not limit a large transfer. Not for rented connections. 10 ms to 1 h.
    /// </summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Largest reply accepted: its text plus 24 bytes an element. 64 KiB to 1 GiB.</summary>
    public long MaxReplyBytes { get; init; } = 64 << 20;

    /// <summary>How many connections may be rented at a time. 1 to 10,000.</summary>
    public int MaxBlockingConnections { get; init; } = 256;

    /// <summary>
    /// Reads an address: <c>unix:/path/redis.sock</c>, <c>redis://[user:password@]host[:port]</c>, or the same with <c>rediss</c> for
    /// TLS, which may end in <c>?ca=/path/ca.pem</c>. User and password are percent-encoded.
    /// </summary>
    /// <exception cref="FormatException">The address is none of these. The message never repeats a password.</exception>
    public static RedisOptions Parse(string address) => RedisAddress.Parse(address);

    /// <exception cref="ArgumentException">Something is out of its range; all faults are named.</exception>
    internal void Validate()
    {
        var faults = new List<string>();
        if (UnixSocket is not null && RedisAddress.SocketPathFault(UnixSocket) is { } fault)
            faults.Add(fault);
        if (UnixSocket is not null && Tls)
            faults.Add("TLS is for TCP, not for a Unix socket");
        if (Port is < 1 or > 65535)
            faults.Add($"Port is {Port}, but must be 1 to 65535");
        if (Host.Length == 0)
            faults.Add("Host is empty");
        if (User is not null && Password is null)
            faults.Add("User is set without a Password");
        if (ClientName.Length == 0 || ClientName.AsSpan().ContainsAnyExceptInRange('!', '~'))
            faults.Add("ClientName must be printable ASCII without spaces");
        if (ConnectTimeout < TimeSpan.FromMilliseconds(10) || ConnectTimeout > TimeSpan.FromMinutes(5))
            faults.Add($"ConnectTimeout is {ConnectTimeout}, but must be 10 ms to 5 min");
        if (CommandTimeout < TimeSpan.FromMilliseconds(10) || CommandTimeout > TimeSpan.FromHours(1))
            faults.Add($"CommandTimeout is {CommandTimeout}, but must be 10 ms to 1 h");
        if (MaxReplyBytes is < 64 << 10 or > 1 << 30)
            faults.Add($"MaxReplyBytes is {MaxReplyBytes}, but must be 64 KiB to 1 GiB");
        if (MaxBlockingConnections is < 1 or > 10_000)
            faults.Add($"MaxBlockingConnections is {MaxBlockingConnections}, but must be 1 to 10,000");
        if (faults.Count > 0)
            throw new ArgumentException($"The Redis options are wrong: {string.Join("; ", faults)}.");
    }

    /// <summary>The address without the password.</summary>
    public override string ToString() => UnixSocket is not null
        ? $"unix:{UnixSocket}"
        : $"{(Tls ? "rediss" : "redis")}://{(User is null ? "" : User + "@")}{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}";
}
