using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Vexa.Cli.Client;
using Vexa.Cli.Stack;
using Vexa.Contracts;

namespace Vexa.Bench;

/// <summary>A stack of its own, in folders of its own, with a runner <c>trivial</c> that is a shell command.</summary>
internal sealed class BenchStack : IAsyncDisposable
{
    private readonly string _root = Environment.GetEnvironmentVariable("VEXA_HOME") ?? throw new InvalidOperationException("Run it by: ./vexa bench");
    private readonly string _data = Directory.CreateTempSubdirectory("vexa-bench-").FullName;
    private readonly string _run = $"/dev/shm/vexa-bench/{Environment.ProcessId}";
    private readonly int _port = FreePort();
    private readonly IReadOnlyDictionary<string, string> _settings;
    private VexaClient _client = null!;
    private bool _isDown;

    private BenchStack(IReadOnlyDictionary<string, string>? settings) => _settings = settings ?? new Dictionary<string, string>();

    /// <summary>Where the control groups of its containers lie.</summary>
    public string CgroupParent => new StackOptions { DataFolder = _data, RunFolder = _run }.CgroupParent;

    /// <param name="settings">Environment variables of the stack.</param>
    public static async Task<BenchStack> Start(CancellationToken stop, IReadOnlyDictionary<string, string>? settings = null)
    {
        var stack = new BenchStack(settings);
        try
        {
            await stack.Up();
            stop.ThrowIfCancellationRequested();
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a message and takes the time to the first event from inside the container; the turn is waited for, not counted.</summary>
    public async Task<TimeSpan> FirstEvent(SessionId? session, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        TimeSpan? first = null;
        await foreach (var (_, unitEvent) in _client.Chat(Request(session, idle: session is null ? 1 : 60), stop))
            if (unitEvent is not TurnAccepted)
                first ??= Stopwatch.GetElapsedTime(started);

        return first!.Value;
    }

    /// <summary>Runs a message to its end, in a container that then lives on idle.</summary>
    public async Task<DispatchId> Idle(CancellationToken stop)
    {
        DispatchId dispatch = default;
        TurnComplete? complete = null;
        await foreach (var (address, unitEvent) in _client.Chat(Request(session: null, idle: 3000), stop))
        {
            dispatch = address.Run;
            complete = unitEvent as TurnComplete ?? complete;
        }

        return complete is { Ok: true } ? dispatch : throw new InvalidOperationException($"The turn of dispatch {dispatch} failed.");
    }

    /// <summary>Stops the stack and with it everything that runs in it.</summary>
    public async Task Down()
    {
        await Vexa("down");
        _isDown = true;
    }

    public async Task<double> WarmFirstEvents(int runs, CancellationToken stop)
    {
        SessionId session = default;
        await foreach (var (address, _) in _client.Chat(Request(session: null, idle: 60), stop))
            session = address.Session;

        return await Measure.P50(runs, () => FirstEvent(session, stop), stop);
    }

    /// <summary>Runs more dispatches, four at a time, and reads what control, door and runtime hold then.</summary>
    public async Task<double> ResidentAfter(int dispatches, CancellationToken stop)
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, dispatches), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = stop }, async (_, now) => await FirstEvent(session: null, now));
        using var status = JsonDocument.Parse(await Vexa("status", "--json"));
        return status.RootElement.GetProperty("roles").EnumerateArray()
            .Where(r => r.GetProperty("name").GetString() is "control" or "door" or "runtime")
            .Sum(r => r.GetProperty("memory_mb").GetDouble());
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (!_isDown)
            await Vexa("down");
        Directory.Delete(_data, recursive: true);
    }

    private async Task Up()
    {
        Directory.CreateSymbolicLink(Path.Combine(_data, "images"), BenchImage.Folder);
        Directory.CreateDirectory(Path.Combine(_data, "runners"));
        await File.WriteAllTextAsync(Path.Combine(_data, "runners", "trivial.json"), """
            {
              "name": "trivial", "image": "agent", "argv": ["sh", "-c", "{prompt}"], "turns": "process", "stream": "text",
              "session": { "path": ".vexa/sessions/trivial" },
              "inference": { "dialect": "anthropic", "base_url_env": "ANTHROPIC_BASE_URL", "key_env": "ANTHROPIC_API_KEY" }
            }
            """);
        await Vexa("up", "--detach", "--json");
        _client = VexaClient.Local(Path.Combine(_run, "api.sock"));
    }

    private static ChatRequest Request(SessionId? session, int idle) => new()
    {
        Prompt = "echo done",
        Session = session,
        Runner = session is null ? Id.Parse<RunnerName>("trivial") : null,
        Limits = new DispatchLimits { IdleSeconds = idle },
    };

    private async Task<string> Vexa(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(_root, "artifacts", "vexa", "vexa.dll"), .. arguments]) { RedirectStandardOutput = true };
        start.Environment["VEXA_DATA"] = _data;
        start.Environment["VEXA_RUN"] = _run;
        start.Environment["VEXA_LISTEN"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");
        foreach (var (name, value) in _settings)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"vexa {arguments[0]}: {output}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
