using System.Diagnostics;

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

    /// <summary>Without these no stack starts.</summary>
    public static IReadOnlyList<Prerequisite> ForStack { get; } = [.. All.Where(tool => tool.Command is "git" or "redis-server" or "runc" or "setpriv" or "setsid")];

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
