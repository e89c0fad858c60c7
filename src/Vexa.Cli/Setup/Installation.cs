using System.Diagnostics;
using Spectre.Console;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Setup;

/// <summary>Installs what is missing, from the system's own packages.</summary>
internal static class Installation
{
    // A package that brings a service must not start it: Vexa runs its own, private ones. A policy that is there already is obeyed
    // and kept; ours is gone with this shell, however it ends. A service that we install is not left enabled for the next boot; one that
    // was there before is nobody's business here.
    private const string Script = """
        set -e
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
          trap 'rm -f "$policy"' EXIT
          trap 'exit 1' INT TERM HUP
          printf '#!/bin/sh\nexit 101\n' > "$policy"
          chmod 755 "$policy"
        fi
        new=
        for unit in redis-server.service docker.service docker.socket containerd.service; do
          [ -e "/lib/systemd/system/$unit" ] || new="$new $unit"
        done
        export DEBIAN_FRONTEND=noninteractive
        apt-get -q update
        apt-get -q install -y --no-install-recommends "$@"
        for unit in $new; do
          if [ -e "/lib/systemd/system/$unit" ] && [ -d /run/systemd/system ]; then
            systemctl disable "$unit"
          fi
        done
        """;

    private static readonly Prerequisite Sudo = new("sudo", ["sudo"], "installs as root", ["--version"]);

    /// <exception cref="VexaException">Only root may install, this is another user, and there is no sudo.</exception>
    internal static IReadOnlyList<string> CommandFor(IReadOnlyList<string> packages, bool root, string? sudo)
    {
        if (!root && sudo is null)
            throw Faults.Machine("no-sudo", "Only root may install packages; this user is not root, and there is no sudo.", $"As root: apt-get update && apt-get install {string.Join(' ', packages)}");

        return [.. root ? [] : (string[])[sudo!], "/bin/sh", "-c", Script, "vexa-setup", .. packages];
    }

    /// <summary>What is not there, in the order of the list.</summary>
    public static IReadOnlyList<Prerequisite> FindMissing(IReadOnlyList<Prerequisite> tools) => [.. tools.Where(tool => tool.FindPath() is null)];

    /// <summary>Packages for them, each once.</summary>
    public static IReadOnlyList<string> PackagesFor(IEnumerable<Prerequisite> missing) => [.. missing.SelectMany(tool => tool.Packages).Distinct(StringComparer.Ordinal)];

    /// <summary>Says what will be installed and why, and installs it.</summary>
    /// <returns>The packages; empty where nothing was missing.</returns>
    /// <exception cref="VexaException">It cannot be installed.</exception>
    public static async Task<IReadOnlyList<string>> Install(IReadOnlyList<Prerequisite> tools, IAnsiConsole console, CancellationToken ct)
    {
        var missing = FindMissing(tools);
        if (missing.Count == 0)
            return [];

        var packages = PackagesFor(missing);
        if (!File.Exists("/usr/bin/apt-get"))
            throw Faults.Machine("no-apt", $"This system has no apt-get; these are missing: {string.Join(", ", missing.Select(tool => tool.Command))}.", "Install them with the system's own package manager.");

        console.MarkupLine("Installing from the system's packages:");
        foreach (var tool in missing)
            console.MarkupLineInterpolated($"  {tool.Packages[0],-14} {tool.Why}");
        console.MarkupLine("[grey]No service of theirs is started or enabled.[/]");
        await console.Status().StartAsync("apt-get update", status => Run(packages, line => status.Status(Shorten(line).EscapeMarkup()), ct));
        if (FindMissing(tools) is { Count: > 0 } still)
            throw Faults.Machine("still-missing", $"Still missing after the installation: {string.Join(", ", still.Select(tool => tool.Command))}.",
                $"Install by hand: sudo apt-get install {string.Join(' ', PackagesFor(still))}");
        return packages;
    }

    private static async Task Run(IReadOnlyList<string> packages, Action<string> progress, CancellationToken ct)
    {
        var command = CommandFor(packages, Environment.IsPrivilegedProcess, Sudo.FindPath());
        var last = new Queue<string>();
        void Note(string? line)
        {
            if (string.IsNullOrWhiteSpace(line))
                return;
            lock (last)
            {
                last.Enqueue(line.Trim());
                if (last.Count > 8)
                    last.Dequeue();
            }

            progress(line);
        }

        // Standard input stays the terminal's: sudo may ask for the password.
        using var process = new Process { StartInfo = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true } };
        process.OutputDataReceived += (_, data) => Note(data.Data);
        process.ErrorDataReceived += (_, data) => Note(data.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0)
            throw Faults.Machine("install-failed", $"apt-get failed: {string.Join(" / ", last.TakeLast(3))}", $"Try it by hand: sudo apt-get update && sudo apt-get install {string.Join(' ', packages)}");
    }

    private static string Shorten(string line) => line.Length <= 70 ? line : line[..67] + "...";
}
