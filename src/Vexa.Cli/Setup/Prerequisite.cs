using Vexa.Cli.Stack;
using Vexa.Contracts;

namespace Vexa.Cli.Setup;

/// <summary>A program that Vexa needs from the system. This is the one list of them.</summary>
/// <param name="Command">What is looked for on the path.</param>
/// <param name="Packages">Debian's and Ubuntu's packages that bring it.</param>
/// <param name="Why">What it is needed for, in a few words.</param>
/// <param name="Version">Arguments that make it tell its version.</param>
internal sealed record Prerequisite(string Command, IReadOnlyList<string> Packages, string Why, IReadOnlyList<string> Version)
{
    // A user's path often lacks these, and a root shell's too.
    private static readonly string[] SystemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    public static IReadOnlyList<Prerequisite> All { get; } =
    [
        new("git", ["git"], "workspaces are git repositories", ["--version"]),
        new("redis-server", ["redis-server"], "carries live streams; a private one is started", ["--version"]),
        new("runc", ["runc"], "runs the containers", ["--version"]),
        new("node", ["nodejs"], "runs the agents' command lines", ["--version"]),
        new("npm", ["npm"], "fetches the agents' command lines", ["--version"]),
        new("mmdebstrap", ["mmdebstrap"], "builds the agent image's base system", ["--version"]),
        new("setpriv", ["util-linux"], "ends every process with its supervisor", ["--version"]),
        new("setsid", ["util-linux"], "starts the stack apart from the terminal", ["--version"]),
    ];

    /// <summary>What may run containers without a daemon; runc is in <see cref="All"/>, the others are for those who choose them.</summary>
    public static IReadOnlyList<Prerequisite> Engines { get; } =
    [
        All.Single(tool => tool.Command == "runc"),
        new("crun", ["crun"], "runs the containers (VEXA_OCI_RUNTIME)", ["--version"]),
        new("runsc", ["runsc"], "runs the containers (VEXA_ISOLATION)", ["--version"]),
    ];

    /// <summary>What makes a plain user root of a namespace of the user's own.</summary>
    public static IReadOnlyList<Prerequisite> ForRootless { get; } =
    [
        new("unshare", ["util-linux"], "makes a plain user root of a namespace", ["--version"]),
        new("newuidmap", ["uidmap"], "gives a namespace its users", []),
        new("newgidmap", ["uidmap"], "gives a namespace its groups", []),
    ];

    private static readonly Prerequisite Docker = new("dockerd", ["docker.io"], "runs the containers (VEXA_BACKEND)", ["--version"]);

    /// <summary>The tests run every engine and every wall that there is.</summary>
    public static IReadOnlyList<Prerequisite> ForTests { get; } = [.. All.Union(Engines), Docker];

    /// <summary>All that an installation with these settings needs.</summary>
    public static IReadOnlyList<Prerequisite> For(StackOptions options) => [.. All.Where(tool => tool.Command != "runc"), .. EnginesOf(options)];

    /// <summary>Without these no stack starts.</summary>
    public static IReadOnlyList<Prerequisite> ForStack(StackOptions options) =>
        [.. For(options).Where(tool => tool.Command is "git" or "setpriv" or "setsid" or "runc" or "crun" or "runsc" || (tool.Command == "redis-server" && options.Redis is null))];

    private static IEnumerable<Prerequisite> EnginesOf(StackOptions options)
    {
        if (options.Backend == "docker")
        {
            // One behind another socket is somebody else's to install.
            if (options.DockerHost == StackOptions.UsualDockerHost)
                yield return Docker;
            yield break;
        }

        // A path names a program of the operator's own: it is asked when the stack starts.
        if (!options.OciRuntime.Contains('/', StringComparison.Ordinal))
            yield return Engines.Single(engine => engine.Command == options.OciRuntime);
        if (options.Isolation == Isolation.Gvisor)
            yield return Engines.Single(engine => engine.Command == "runsc");
    }

    /// <summary>Where it is; null where it is not installed.</summary>
    public string? FindPath() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Concat(SystemFolders).Select(folder => Path.Combine(folder, Command)).FirstOrDefault(IsExecutable);

    /// <summary>What it says about its version, or null where it is not there or does not run.</summary>
    public async Task<string?> AskVersion(CancellationToken ct)
    {
        if (FindPath() is not { } path)
            return null;

        var result = await CommandRun.Capture([path, .. Version], TimeSpan.FromSeconds(10), ct);
        return result.ExitCode == 0 ? result.Output.Trim() : null;
    }

    private static bool IsExecutable(string path) => File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.OtherExecute)) != 0;
}
