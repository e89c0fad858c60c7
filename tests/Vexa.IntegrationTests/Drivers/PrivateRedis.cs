using System.Diagnostics;
using System.Runtime.InteropServices;
using Vexa.Redis;

namespace Vexa.IntegrationTests.Drivers;

/// <summary>
/// A Redis server of the test's own, on a Unix socket in a folder of its own, with an append-only file, so that a restart finds its
/// data. Disposing stops it and removes the folder.
/// </summary>
public sealed class PrivateRedis : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _configuration;
    private Process? _server;

    private PrivateRedis(string folder, IEnumerable<string> settings)
    {
        Folder = folder;
        DataFolder = Path.Combine(folder, "data");
        SocketPath = Path.Combine(folder, "redis.sock");
        Directory.CreateDirectory(DataFolder);
        _configuration = Path.Combine(folder, "redis.conf");
        string[] defaults =
        [
            "port 0", $"unixsocket {SocketPath}", "unixsocketperm 700", $"dir {DataFolder}", "save \"\"", "appendonly yes",
            "appendfsync everysec", "daemonize no", $"logfile {Path.Combine(folder, "redis.log")}", "user probe on nopass +ping",
        ];
        // A file rather than arguments: arguments are for all to see, and settings may hold a password.
        File.WriteAllLines(_configuration, [.. defaults, .. settings]);
    }

    /// <summary>Holds the socket, the data, the configuration and the log. Tests may put certificates and the like here.</summary>
    public string Folder { get; }

    public string DataFolder { get; }

    public string SocketPath { get; }

    public RedisOptions Options => new() { UnixSocket = SocketPath };

    public bool IsRunning => _server is { HasExited: false };

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="settings">Lines of redis.conf, which win over the defaults.</param>
    public static Task<PrivateRedis> Start(params string[] settings) => Start(_ => settings);

    /// <summary>As the other, for settings that name files in the server's folder.</summary>
    public static async Task<PrivateRedis> Start(Func<string, IEnumerable<string>> settings)
    {
        var folder = Directory.CreateTempSubdirectory("vexa-redis-").FullName;
        var redis = new PrivateRedis(folder, settings(folder));
        try
        {
            await redis.Restart();
            return redis;
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of this server, which the caller disposes.</summary>
    public RedisClient Connect() => new(Options, TimeProvider.System);

    /// <summary>Stops the server if it runs, starts it on the same data, and waits until it answers.</summary>
    public async Task Restart()
    {
        await Stop();
        _server = Process.Start(new ProcessStartInfo("redis-server", [_configuration]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        // A user of its own, so that the settings may close the door to everybody else.
        await using var probe = new RedisClient(
            Options with { User = "probe", Password = "any", ConnectTimeout = Patience, ClientName = "probe" }, TimeProvider.System);
        var answer = probe.Execute(RedisCommand.Of("PING"), TestContext.Current.CancellationToken).AsTask();
        if (await Task.WhenAny(answer, _server.WaitForExitAsync()) != answer)
            throw new InvalidOperationException($"redis-server ended with {_server.ExitCode}: {await _server.StandardOutput.ReadToEndAsync()}{Log()}");
        await answer;
    }

    /// <summary>Ends the server in good order.</summary>
    public Task Stop() => End(SigTerm);

    /// <summary>Ends the server at once, as a crash would.</summary>
    public Task Kill() => End(SigKill);

    /// <summary>The server stops answering, with its connections open, until <see cref="Thaw"/>.</summary>
    public void Freeze() => Send(SigStop);

    public void Thaw() => Send(SigCont);

    public string Log() => File.Exists(Path.Combine(Folder, "redis.log")) ? File.ReadAllText(Path.Combine(Folder, "redis.log")) : "";

    public async ValueTask DisposeAsync()
    {
        await End(SigKill);
        Directory.Delete(Folder, recursive: true);
    }

    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private void Send(int signal)
    {
        if (kill(_server!.Id, signal) != 0)
            throw new InvalidOperationException($"Signal {signal} could not be sent to redis-server.");
    }

    private async Task End(int signal)
    {
        if (_server is null)
            return;
        if (!_server.HasExited)
        {
            Send(signal);
            await _server.WaitForExitAsync().WaitAsync(Patience);
        }

        _server.Dispose();
        _server = null;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
}
