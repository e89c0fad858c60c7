using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Vexa.Hosting;
using Vexa.Runtime.Native;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Drivers;

/// <summary>
/// The whole stack as a person starts it: <c>vexa up --detach</c>, with folders of its own, the rehearsal model, and a runner <c>shell</c> whose
/// prompt is a shell command, so that a test can look around as the agent.
/// </summary>
public sealed class RunningStack : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-stack-").FullName;
    private readonly string _run = $"/dev/shm/vexa-test/{Guid.NewGuid().ToString("n")[..8]}";
    private readonly Dictionary<string, string> _settings = [];
    private readonly int _port = FreePort.Take();

    public string Data => Path.Combine(_folder, "data");

    public string Run => _run;

    /// <summary>The data folder is a file system of its own, of this size; 0 where it is an ordinary folder.</summary>
    private int DiskMb { get; init; }

    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>The first API token, as <c>vexa up</c> printed it.</summary>
    public string Token { get; private set; } = "";

    public HttpClient Api { get; private set; } = null!;

    /// <summary>Starts a stack.</summary>
    /// <param name="settings">Environment variables more, or other, than the usual.</param>
    /// <param name="diskMb">Gives the data folder a small disk of its own, which a test can fill.</param>
    public static async Task<RunningStack> Start(IReadOnlyDictionary<string, string>? settings = null, Action<string>? prepareData = null, int diskMb = 0)
    {
        var stack = new RunningStack { DiskMb = diskMb };
        try
        {
            await stack.Up(settings ?? new Dictionary<string, string>(), prepareData);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one whose containers an engine runs.</summary>
    internal static Task<RunningStack> StartOn(RunningDocker docker, IReadOnlyDictionary<string, string>? settings = null, Action<string>? prepareData = null) => Start(
        new Dictionary<string, string>(settings ?? new Dictionary<string, string>()) { ["VEXA_BACKEND"] = "docker", ["VEXA_DOCKER_HOST"] = docker.Address },
        data =>
        {
            UseOwnImages(Path.Combine(data, "images"));
            prepareData?.Invoke(data);
        });

    // What an engine has of an image is noted beside it, and nobody else shall look for it in this engine.
    private static void UseOwnImages(string images)
    {
        var shared = Path.Combine(new DirectoryInfo(images).ResolveLinkTarget(returnFinalTarget: true)!.FullName, "agent");
        File.Delete(images);
        var own = Directory.CreateDirectory(Path.Combine(images, "agent")).FullName;
        File.Copy(Path.Combine(shared, "image.json"), Path.Combine(own, "image.json"));
        Directory.CreateSymbolicLink(Path.Combine(own, "layers"), Path.Combine(shared, "layers"));
    }

    /// <summary>Sends a message and reads its turn to the end.</summary>
    public async Task<TurnLog> Ask(string prompt, SessionId? session = null, string runner = "shell", IReadOnlyList<WorkspaceAccess>? workspaces = null, int idle = 1)
    {
        var log = new TurnLog();
        await foreach (var _ in Chat(log, prompt, session, runner, workspaces, idle))
        {
        }

        return log;
    }

    /// <summary>The same, event by event.</summary>
    public async IAsyncEnumerable<UnitEvent> Chat(
        TurnLog log, string prompt, SessionId? session = null, string runner = "shell", IReadOnlyList<WorkspaceAccess>? workspaces = null, int idle = 1,
        TurnId? turn = null, long? after = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        // A turn that hangs fails its test, and no other.
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(TimeSpan.FromMinutes(2));
        ct = bound.Token;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat")
        {
            Content = JsonContent.Create(new ChatRequest
            {
                Prompt = prompt,
                Session = session,
                TurnId = turn,
                Runner = session is null ? Id.Parse<RunnerName>(runner) : null,
                Workspaces = workspaces,
                Limits = new DispatchLimits { IdleSeconds = idle },
            }, VexaJson.Default.ChatRequest),
        };
        if (after is not null)
            request.Headers.Add("Last-Event-ID", after.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));

        using var answer = await Api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        await answer.ThrowOnProblem(ct);
        log.Dispatch = Id.Parse<DispatchId>(answer.Headers.GetValues("Vexa-Run").Single());
        log.Session = Id.Parse<SessionId>(answer.Headers.GetValues("Vexa-Session").Single());
        log.Turn = Id.Parse<TurnId>(answer.Headers.GetValues("Vexa-Turn").Single());
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(ct)).EnumerateAsync(ct))
        {
            var unitEvent = JsonSerializer.Deserialize(item.Data, VexaJson.Default.UnitEvent)!;
            log.Events.Add(unitEvent);
            yield return unitEvent;
        }
    }

    public async Task<Run> ReadRun(DispatchId id)
    {
        using var answer = await Api.GetAsync(new Uri($"/v1/runs/{id}", UriKind.Relative));
        return await answer.ReadOrThrow(VexaJson.Default.Run, CancellationToken.None);
    }

    /// <summary>The records as they lie in the bucket, opened by this installation's key.</summary>
    public async Task<Records> OpenRecords() => new(await SealedBucket.Open(
        new FolderBucket(Path.Combine(Data, "bucket")), new SealingOptions { KeyFile = Path.Combine(Data, "keys", "seal.keys") }, TimeProvider.System, CancellationToken.None));

    /// <summary>Waits until the run is closed.</summary>
    public Task<Run> AwaitEnd(DispatchId id) => Until.IsTrue(async () => await ReadRun(id) is { State: RunState.Ended } run ? run : null);

    public async Task<IReadOnlyList<UnitEvent>> Events(DispatchId id)
    {
        using var answer = await Api.GetAsync(new Uri($"/v1/runs/{id}/events", UriKind.Relative));
        await answer.ThrowOnProblem(CancellationToken.None);
        return (await answer.Content.ReadFromJsonAsync(VexaJson.Default.IReadOnlyListUnitEvent))!;
    }

    public async Task<string> ReadFile(WorkspaceId workspace, string path)
    {
        using var answer = await Api.GetAsync(new Uri($"/v1/workspaces/{workspace}/file?path={Uri.EscapeDataString(path)}", UriKind.Relative));
        await answer.ThrowOnProblem(CancellationToken.None);
        return await answer.Content.ReadAsStringAsync();
    }

    public async Task<WorkspaceId> CreateWorkspace(string id, IReadOnlyDictionary<string, string> files)
    {
        using var answer = await Api.PostAsync(new Uri("/v1/workspaces", UriKind.Relative), JsonContent.Create(new WorkspaceCreate(Id.Parse<WorkspaceId>(id), files), VexaJson.Default.WorkspaceCreate));
        return (await answer.ReadOrThrow(VexaJson.Default.WorkspaceInfo, CancellationToken.None)).Id;
    }

    /// <summary>The process id of a role, from <c>vexa status --json</c>.</summary>
    public async Task<int> PidOf(string role)
    {
        using var status = JsonDocument.Parse((await Vexa("status", "--json")).Output);
        return status.RootElement.GetProperty("roles").EnumerateArray().Single(r => r.GetProperty("name").GetString() == role)
            .GetProperty("process").GetProperty("pid").GetInt32();
    }

    /// <summary>Kills a role and returns when another process serves in its place.</summary>
    public async Task KillAndAwaitRestart(string role, TimeSpan? within = null)
    {
        var pid = await PidOf(role);
        using (var process = Process.GetProcessById(pid))
            process.Kill();

        await Until.IsTrue(async () =>
        {
            using var status = JsonDocument.Parse((await Vexa("status", "--json")).Output);
            var found = status.RootElement.GetProperty("roles").EnumerateArray().Single(r => r.GetProperty("name").GetString() == role);
            return found.GetProperty("phase").GetString() == "healthy" && found.GetProperty("process").GetProperty("pid").GetInt32() != pid ? "" : null;
        }, within);
    }

    /// <summary>Runs a command of ours against this stack.</summary>
    public async Task<(int Exit, string Output, string Errors)> Vexa(params string[] arguments)
    {
        using var process = StartVexa(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>The same, while it runs.</summary>
    public Process StartVexa(params string[] arguments) => StartVexa(closeInput: true, arguments);

    public Process StartVexa(bool closeInput, params string[] arguments)
    {
        // Whoever runs the tests in the background ignores SIGINT, and what is ignored is inherited: Ctrl-C would not be heard.
        var start = new ProcessStartInfo("env", ["--default-signal=INT,QUIT", "dotnet", Path.Combine(AppContext.BaseDirectory, "vexa.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in _settings)
            start.Environment[name] = value;

        var process = Process.Start(start)!;
        if (closeInput)
            process.StandardInput.Close();
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        Api?.Dispose();
        var (exit, _, errors) = await Vexa("down");
        var left = Directory.Exists(_run) ? Directory.GetFileSystemEntries(_run, "*", SearchOption.AllDirectories) : [];
        var mounts = File.ReadAllLines("/proc/self/mountinfo").Where(line => line.Contains(_run, StringComparison.Ordinal)).ToList();
        var said = LastOf(Path.Combine(Data, "logs", "supervisor.log"));
        if (DiskMb > 0)
            Libc.Unmount(Data);
        Directory.Delete(_folder, recursive: true);

        // Whatever a test did to it, a stack that was stopped leaves nothing behind.
        Assert.True(exit == 0 && mounts.Count == 0 && left.Length == 0 && !said.Any(line => line.StartsWith("error:", StringComparison.Ordinal)), string.Join('\n', [errors, .. mounts, .. left, "The supervisor said last:", .. said]));
    }

    private static List<string> LastOf(string log) => File.Exists(log) ? [.. File.ReadAllLines(log).TakeLast(40)] : [];

    private async Task Up(IReadOnlyDictionary<string, string> settings, Action<string>? prepareData)
    {
        Directory.CreateDirectory(Data);
        if (DiskMb > 0)
            Libc.Mount("tmpfs", Data, "tmpfs", MountFlags.None, $"size={DiskMb}m");
        Directory.CreateDirectory(Path.Combine(Data, "runners"));
        await File.WriteAllTextAsync(Path.Combine(Data, "runners", "shell.json"), ShellRunner("shell", isolation: null));
        var images = Environment.GetEnvironmentVariable("VEXA_TEST_IMAGES") ?? throw new InvalidOperationException("Run the tests by ./vexa test: they need the agent image.");
        Directory.CreateSymbolicLink(Path.Combine(Data, "images"), images);
        prepareData?.Invoke(Data);

        _settings["VEXA_DATA"] = Data;
        _settings["VEXA_RUN"] = _run;
        _settings["VEXA_LISTEN"] = $"127.0.0.1:{_port}";
        _settings["VEXA_HOME"] = Repository.Root;
        _settings["VEXA_REHEARSAL"] = Path.Combine(AppContext.BaseDirectory, "Drivers", "rehearsal.yaml");
        _settings["VEXA_KEY_FILE"] = "";
        _settings["VEXA_BUCKET"] = "";
        _settings["VEXA_PASSPHRASE_FILE"] = "";
        _settings["ANTHROPIC_API_KEY"] = "";
        _settings["VEXA_INFERENCE_URL"] = "";
        foreach (var (name, value) in settings)
            _settings[name] = value;

        var (exit, output, errors) = await Vexa("up", "--detach", "--json");
        Assert.True(exit == 0, $"{output}\n{errors}");
        using var report = JsonDocument.Parse(output);
        Token = report.RootElement.GetProperty("token").GetString()!;
        Api = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(2) };
        Api.DefaultRequestHeaders.Authorization = new("Bearer", Token);
    }

    /// <summary>A runner whose prompt is a shell command.</summary>
    /// <param name="isolation">What its definition asks for; null where it leaves that to the node.</param>
    public static string ShellRunner(string name, string? isolation) => $$"""
        {
          "name": "{{name}}",{{(isolation is null ? "" : $"\n  \"isolation\": \"{isolation}\",")}}
          "image": "agent",
          "argv": ["sh", "-c", "{prompt}"],
          "turns": "process",
          "stream": "text",
          "session": { "path": ".vexa/sessions/shell" },
          "inference": { "dialect": "anthropic", "base_url_env": "ANTHROPIC_BASE_URL", "key_env": "ANTHROPIC_API_KEY" }
        }
        """;
}

/// <summary>What a turn said.</summary>
public sealed class TurnLog
{
    public DispatchId Dispatch { get; set; }
    public SessionId Session { get; set; }
    public TurnId Turn { get; set; }
    public List<UnitEvent> Events { get; } = [];

    public string Text => string.Concat(Events.OfType<MessageDelta>().Select(d => d.Text));

    public TurnComplete Complete => Assert.Single(Events.OfType<TurnComplete>());

    public Error? Error => Events.OfType<Error>().LastOrDefault();
}
