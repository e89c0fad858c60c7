using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Vexa.Cli.Client;
using Vexa.Cli.Commands;
using Vexa.Cli.Rehearsal;
using Vexa.Cli.Stack;
using Vexa.Contracts;

namespace Vexa.Cli.Attack;

/// <summary>
/// A stack to be attacked: folders, port and model of its own, so that nothing of the user's own stack is touched, or leaks. Disposing it
/// takes all of it away again.
/// </summary>
internal sealed class AttackStack : IAsyncDisposable
{
    public const string Attacker = "attacker";
    public const string Bystander = "bystander";

    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-attack-").FullName;
    private readonly int _port = FreePort();
    private readonly Dictionary<string, string> _settings;
    private readonly ConcurrentBag<DispatchId> _runs = [];
    private Process? _model;
    private VexaClient? _client;

    private AttackStack(AttackTarget target, string providerKey)
    {
        RunFolder = $"/dev/shm/vexa-attack/{Path.GetFileName(_folder)[^6..]}";
        _settings = new Dictionary<string, string>
        {
            ["VEXA_DATA"] = Data,
            ["VEXA_RUN"] = RunFolder,
            ["VEXA_LISTEN"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}"),
            ["VEXA_REDIS"] = "",
            ["VEXA_KEY_FILE"] = "",
            ["VEXA_BUCKET"] = "",
            ["VEXA_PASSPHRASE_FILE"] = "",
            ["VEXA_BACKEND"] = target.Backend,
            ["VEXA_ISOLATION"] = target.Isolation,
            ["VEXA_INFERENCE_URL"] = $"unix:{ModelSocket}",
            ["ANTHROPIC_API_KEY"] = providerKey,
        };
    }

    public string Data => Path.Combine(_folder, "data");

    public string RunFolder { get; }

    /// <summary>For what the harness itself needs meanwhile.</summary>
    public string Scratch => Path.Combine(_folder, "scratch");

    public StackOptions Options => StackOptions.From(_settings.GetValueOrDefault, listen: null);

    public VexaClient Client => _client ?? throw new InvalidOperationException("The stack does not run.");

    private string ModelSocket => Path.Combine(_folder, "model.sock");

    /// <param name="images">The folder of the images that this machine has built.</param>
    /// <param name="providerKey">What the door adds to model calls.</param>
    public static async Task<AttackStack> Start(AttackTarget target, string images, string providerKey, CancellationToken ct)
    {
        var stack = new AttackStack(target, providerKey);
        try
        {
            await stack.Up(images, ct);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Every run that was dispatched here, the victim's aside.</summary>
    public IReadOnlyCollection<DispatchId> Runs => _runs;

    /// <summary>Stops it; null where that went well, else what it said.</summary>
    public async Task<string?> Stop()
    {
        var (exit, output) = await Vexa(["down", "--json"], CancellationToken.None);
        await StopModel();
        return exit == 0 ? null : output;
    }

    /// <summary>Sends a message as a user does, and returns all that came back once its turn has ended.</summary>
    public async Task<Dispatched> Dispatch(ChatRequest request, CancellationToken ct)
    {
        List<UnitEvent> events = [];
        TurnAddress? address = null;
        await foreach (var (at, unitEvent) in Client.Chat(request, ct))
        {
            address = at;
            events.Add(unitEvent);
        }

        _runs.Add(address!.Run);
        return new Dispatched(address.Run, events);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await Stop();
        _model?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StopModel()
    {
        if (_model is not { HasExited: false })
            return;

        _model.Kill();
        await _model.WaitForExitAsync();
    }

    private async Task Up(string images, CancellationToken ct)
    {
        Directory.CreateDirectory(Scratch);
        Directory.CreateDirectory(Path.Combine(Data, "runners"));
        Directory.CreateSymbolicLink(Path.Combine(Data, "images"), images);
        await WriteRunner(Attacker, """["perl", "/workspaces/attack/run.pl", "{prompt}"]""", ct);
        await WriteRunner(Bystander, """["sh", "-c", "{prompt}"]""", ct);
        _model = Start(["rehearsal", "--unix", ModelSocket, "--script", RehearsalCommand.DefaultScript]);
        var (exit, output) = await Vexa(["up", "--detach", "--json"], ct);
        if (exit != 0)
            throw Faults.Machine("attack-stack", $"The stack that was to be attacked did not start: {output.Trim()}", "Run: vexa doctor");

        using var report = JsonDocument.Parse(output);
        _client = VexaClient.Remote(new Uri(report.RootElement.GetProperty("address").GetString()!), report.RootElement.GetProperty("token").GetString()!);
    }

    private Task WriteRunner(string name, string argv, CancellationToken ct) => File.WriteAllTextAsync(Path.Combine(Data, "runners", $"{name}.json"), $$"""
        {
          "name": "{{name}}", "image": "agent", "argv": {{argv}}, "turns": "process", "stream": "text", "session": { "path": ".vexa/sessions/{{name}}" },
          "inference": { "dialect": "anthropic", "base_url_env": "ANTHROPIC_BASE_URL", "key_env": "ANTHROPIC_API_KEY" }
        }
        """, ct);

    private async Task<(int Exit, string Output)> Vexa(IReadOnlyList<string> arguments, CancellationToken ct)
    {
        using var process = Start(arguments);
        var output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return (process.ExitCode, output);
    }

    private Process Start(IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(StackStart.Self[0], [.. StackStart.Self.Skip(1), .. arguments]) { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var (name, value) in _settings)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>What came out of a dispatch.</summary>
internal sealed record Dispatched(DispatchId Run, IReadOnlyList<UnitEvent> Events)
{
    public string Text
    {
        get
        {
            var text = new StringBuilder();
            foreach (var delta in Events.OfType<MessageDelta>())
                text.Append(delta.Text);
            return text.ToString();
        }
    }
}
