using System.Text;
using Vexa.Cli.Rehearsal;
using Vexa.Hosting;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Cli;

/// <summary>A rehearsal server with a script of the test's own, on a Unix socket and on a loopback port.</summary>
internal sealed class RehearsalProcess : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-rehearsal-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private RehearsalProcess(string yaml, Func<string, RehearsalAddress> address, TaskCompletionSource<string> bound)
    {
        var listen = address(Path.Combine(_folder, "r.sock"));
        Socket = listen.Socket;
        _running = RehearsalServer.Run(ScriptFile.Parse(yaml, "test.yaml"), listen, bound.SetResult, _stop.Token);
    }

    public string? Socket { get; }

    /// <summary>Where it listens, for a port.</summary>
    public string Address { get; private set; } = "";

    public static Task<RehearsalProcess> OnSocket(string yaml) => Start(yaml, RehearsalAddress.Unix);

    public static Task<RehearsalProcess> OnPort(string yaml) => Start(yaml, _ => RehearsalAddress.Port("127.0.0.1:0"));

    public HttpClient Client() => UnixHttp.Client(Socket!);

    public static StringContent Ask(string prompt, string stream = "true") => new(
        $$"""{"model":"m","max_tokens":1,"stream":{{stream}},"messages":[{"role":"user","content":"{{prompt}}"}]}""", Encoding.UTF8, "application/json");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<RehearsalProcess> Start(string yaml, Func<string, RehearsalAddress> address)
    {
        var bound = new TaskCompletionSource<string>();
        var server = new RehearsalProcess(yaml, address, bound);
        await Task.WhenAny(bound.Task, server._running);
        server.Address = await bound.Task;
        if (server.Socket is not null)
            await Until.IsTrue(async () => await new Vexa.Cli.Stack.HttpHealth(server.Socket).FindFault(CancellationToken.None) is null ? "" : null);
        return server;
    }
}
