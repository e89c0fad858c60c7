using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Vexa.IntegrationTests.Drivers;

/// <summary>A real worker process with a fake door, a git working copy and a runner that is a shell script.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    public const string FirstToken = "first.token.x";

    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-worker-").FullName;
    private Process? _process;
    private FakeDoor? _door;

    public FakeDoor Door => _door!;

    public string Workspace => Path.Combine(_folder, "workspaces", "home");

    public string Home => Path.Combine(_folder, "home");

    public string Socket => Path.Combine(_folder, "door.sock");

    public string Base { get; private set; } = "";

    public Process Process => _process!;

    /// <summary>Lays everything out. The runner is called with the arguments "new|resume session prompt".</summary>
    public static async Task<WorkerProcess> Prepare(string script, string token = FirstToken)
    {
        var worker = new WorkerProcess();
        Directory.CreateDirectory(Path.Combine(worker._folder, "bin"));
        Directory.CreateDirectory(worker.Home);
        Directory.CreateDirectory(worker.Workspace);
        await File.WriteAllTextAsync(Path.Combine(worker._folder, "token"), token);
        worker.Install(script);
        worker.Git("init", "--quiet", "--initial-branch=main");
        await File.WriteAllTextAsync(Path.Combine(worker.Workspace, "notes.md"), "# Notes\n");
        worker.Git("add", ".");
        worker.Git("commit", "--quiet", "-m", "begin");
        worker.Base = worker.Git("rev-parse", "HEAD").Trim();
        worker._door = await FakeDoor.Start(worker.Socket, token);
        return worker;
    }

    public void Install(string script)
    {
        var file = Path.Combine(_folder, "bin", "agent");
        File.WriteAllText(file, "#!/bin/bash\n" + script);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <param name="asInit">As PID 1 of a pid namespace of its own, as in a container.</param>
    public void Start(StreamFormat stream = StreamFormat.Text, string? session = null, int idleSeconds = 30, string command = "agent", AccessMode mode = AccessMode.Rw, bool asInit = false)
    {
        var order = new WorkerOrder
        {
            Dispatch = Id.Parse<DispatchId>("d-1"),
            Subject = Id.Parse<SubjectId>("ada"),
            Launcher = Launcher.User(Id.Parse<SubjectId>("ada")),
            Runner = new AgentRunner
            {
                Name = Id.Parse<RunnerName>("script"),
                Image = "agent",
                Argv = [command, "new", "{session}", "{prompt}"],
                ResumeArgv = [command, "resume", "{session}", "{prompt}"],
                Turns = RunnerTurns.Process,
                Stream = stream,
                Session = new RunnerSession { Path = ".vexa/sessions/script", Link = "projects", IdFrom = "session_id" },
                Inference = new RunnerInference { Dialect = InferenceDialect.Anthropic, BaseUrlEnv = "BASE_URL", KeyEnv = "KEY" },
                Env = new Dictionary<string, string> { ["FROM_RUNNER"] = "yes" },
                HomeEnv = "STATE",
            },
            Mounts = [new WorkloadMount(Id.Parse<WorkspaceId>("home"), Workspace, mode, Base)],
            Session = session,
            IdleSeconds = idleSeconds,
        };
        string[] inNamespace = asInit ? ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] : [];
        string[] run =
        [
            .. inNamespace, Executable, "--door", Socket, "--token", Path.Combine(_folder, "token"), "--home", Home, "--bin", Path.Combine(_folder, "bin"), "--scratch", _folder,
        ];
        var start = new ProcessStartInfo(run[0], run[1..])
        {
            RedirectStandardError = true,
            Environment = { [WorkerOrder.Variable] = JsonSerializer.Serialize(order, VexaJson.Default.WorkerOrder) },
        };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) => TestContext.Current.TestOutputHelper?.WriteLine(line.Data ?? "");
        _process.BeginErrorReadLine();
    }

    public async Task<int> Exit()
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        await Process.WaitForExitAsync(late.Token);
        return Process.ExitCode;
    }

    /// <summary>The worker's resident memory at its highest, in MiB.</summary>
    public long PeakMegabytes => long.Parse(
        File.ReadLines($"/proc/{Process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024;

    public string Git(params string[] arguments) => GitIn(Workspace, arguments);

    /// <summary>Applies a bundle to a fresh clone of the base, as control would, and returns the clone.</summary>
    public string Apply(Bundle bundle)
    {
        var clone = Path.Combine(_folder, "clone-" + Guid.NewGuid().ToString("n"));
        var file = clone + ".bundle";
        File.WriteAllBytes(file, bundle.Bytes);
        GitIn(_folder, "init", "--quiet", "--bare", clone);
        GitIn(clone, "fetch", "--quiet", Workspace, $"{Base}:refs/heads/base");
        GitIn(clone, "bundle", "verify", "--quiet", file);
        GitIn(clone, "fetch", "--quiet", file, "refs/heads/main:refs/heads/main");
        GitIn(clone, "fsck", "--strict");
        return clone;
    }

    public static string GitIn(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "safe.directory=*", "-c", "uploadpack.allowAnySHA1InWant=true", .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var git = Process.Start(start)!;
        var errors = git.StandardError.ReadToEndAsync();
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, $"git {string.Join(' ', arguments)}: {errors.GetAwaiter().GetResult()}");
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            _process.Kill(entireProcessTree: true);
        _process?.Dispose();
        if (_door is not null)
            await _door.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Executable { get; } = FindExecutable();

    private static string FindExecutable()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Vexa.slnx")))
            folder = Path.GetDirectoryName(folder.TrimEnd('/'))!;
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var built = Path.Combine(folder, "src/Vexa.Worker/bin", configuration, "net10.0");
        return Directory.EnumerateFiles(built, "vexa-worker", SearchOption.AllDirectories).First();
    }
}
