using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vexa.Cli.Client;
using Vexa.Contracts;
using Vexa.Runtime.Images;

namespace Vexa.Bench;

/// <summary>A stack of its own, in folders of its own, with a runner <c>trivial</c> that is a shell command.</summary>
internal sealed class BenchStack : IAsyncDisposable
{
    private readonly string _root = Environment.GetEnvironmentVariable("VEXA_HOME") ?? throw new InvalidOperationException("Run it by: ./vexa bench");
    private readonly string _data = Directory.CreateTempSubdirectory("vexa-bench-").FullName;
    private readonly string _run = $"/dev/shm/vexa-bench/{Environment.ProcessId}";
    private readonly int _port = FreePort();
    private VexaClient _client = null!;

    public static async Task<BenchStack> Start(CancellationToken stop)
    {
        var stack = new BenchStack();
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

    public Task<TimeSpan> BareRunc() => Measure.Time(async () =>
    {
        using var runc = Process.Start("runc", ["--root", Path.Combine(_data, "runc"), "run", "--bundle", Path.Combine(_data, "bare"), "bare"]);
        await runc.WaitForExitAsync();
        if (runc.ExitCode != 0)
            throw new InvalidOperationException("runc run true failed.");
    });

    /// <summary>Sends a message and takes the time to the first event from inside the container; the turn is waited for, not counted.</summary>
    public async Task<TimeSpan> FirstEvent(SessionId? session)
    {
        var started = Stopwatch.GetTimestamp();
        TimeSpan? first = null;
        await foreach (var (_, unitEvent) in _client.Chat(Request(session, idle: session is null ? 1 : 60), default))
            if (unitEvent is not TurnAccepted)
                first ??= Stopwatch.GetElapsedTime(started);

        return first!.Value;
    }

    public async Task<double> WarmFirstEvents(int runs)
    {
        SessionId session = default;
        await foreach (var (address, _) in _client.Chat(Request(session: null, idle: 60), default))
            session = address.Session;

        return await Measure.P50(runs, () => FirstEvent(session));
    }

    /// <summary>Runs more dispatches, four at a time, and reads what control, door and runtime hold then.</summary>
    public async Task<double> ResidentAfter(int dispatches)
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, dispatches), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (_, _) => await FirstEvent(session: null));
        using var status = JsonDocument.Parse(await Vexa("status", "--json"));
        return status.RootElement.GetProperty("roles").EnumerateArray()
            .Where(r => r.GetProperty("name").GetString() is "control" or "door" or "runtime")
            .Sum(r => r.GetProperty("memory_mb").GetDouble());
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await Vexa("down");
        Directory.Delete(_data, recursive: true);
    }

    private async Task Up()
    {
        var images = Path.Combine(Environment.GetEnvironmentVariable("VEXA_DATA") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share/vexa"), "images");
        Directory.CreateSymbolicLink(Path.Combine(_data, "images"), images);
        Directory.CreateDirectory(Path.Combine(_data, "runners"));
        await File.WriteAllTextAsync(Path.Combine(_data, "runners", "trivial.json"), """
            {
              "name": "trivial", "image": "agent", "argv": ["sh", "-c", "{prompt}"], "turns": "process", "stream": "text",
              "session": { "path": ".vexa/sessions/trivial" },
              "inference": { "dialect": "anthropic", "base_url_env": "ANTHROPIC_BASE_URL", "key_env": "ANTHROPIC_API_KEY" }
            }
            """);
        await Bundle(images);
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

    // The plain bundle that runc itself proposes, on the image's own root file system.
    private async Task Bundle(string images)
    {
        var bare = Directory.CreateDirectory(Path.Combine(_data, "bare")).FullName;
        using (var spec = Process.Start("runc", ["spec", "--bundle", bare]))
            await spec.WaitForExitAsync();

        var image = new ImageStore(images).Find("agent") ?? throw new InvalidOperationException("There is no agent image. Run: ./vexa image build");
        var file = Path.Combine(bare, "config.json");
        var config = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("true");
        config["root"] = new JsonObject { ["path"] = Path.Combine(Path.GetFullPath(images), "agent", "layers", image.Base), ["readonly"] = true };
        await File.WriteAllTextAsync(file, config.ToJsonString());
    }

    private async Task<string> Vexa(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(_root, "artifacts", "vexa", "vexa.dll"), .. arguments]) { RedirectStandardOutput = true };
        start.Environment["VEXA_DATA"] = _data;
        start.Environment["VEXA_RUN"] = _run;
        start.Environment["VEXA_LISTEN"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");
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
