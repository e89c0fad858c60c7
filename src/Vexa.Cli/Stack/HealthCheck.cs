using System.Net.Sockets;
using System.Text.Json;
using Vexa.Hosting;

namespace Vexa.Cli.Stack;

/// <summary>How the supervisor asks whether a role works.</summary>
internal abstract record HealthCheck
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(4);

    /// <summary>What is wrong, or null where all is well. Never takes longer than four seconds.</summary>
    public async Task<string?> FindFault(CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Longest);
        try
        {
            return await Ask(bound.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"it did not answer within {Longest.TotalSeconds:0} s";
        }
        catch (Exception fault) when (fault is SocketException or HttpRequestException or IOException)
        {
            return "nothing answers on its socket";
        }
        catch (JsonException)
        {
            return "its answer is not a health report";
        }
    }

    protected abstract Task<string?> Ask(CancellationToken ct);
}

/// <summary><c>GET /health</c> over a Unix socket.</summary>
internal sealed record HttpHealth(string Socket) : HealthCheck
{
    protected override async Task<string?> Ask(CancellationToken ct)
    {
        using var http = UnixHttp.Client(Socket);
        using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative), ct);
        await using var body = await answer.Content.ReadAsStreamAsync(ct);
        var health = await JsonSerializer.DeserializeAsync(body, HealthJson.Default.Health, ct);
        return health is { Faults: [] } ? null : string.Join(" ", health?.Faults.Select(fault => fault.Message) ?? []);
    }
}

/// <summary><c>PING</c>. An AOF that is still loading answers <c>-LOADING</c>, which is not yet well.</summary>
internal sealed record RedisHealth(string Socket) : HealthCheck
{
    protected override async Task<string?> Ask(CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), ct);
        await socket.SendAsync("PING\r\n"u8.ToArray(), ct);
        var answer = new byte[128];
        var length = await socket.ReceiveAsync(answer, ct);
        return answer.AsSpan(0, length).StartsWith("+PONG"u8) ? null : System.Text.Encoding.ASCII.GetString(answer, 0, length).Trim();
    }
}
