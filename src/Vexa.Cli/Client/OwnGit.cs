using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Vexa.Cli.Commands;

namespace Vexa.Cli.Client;

/// <summary>The git of the person who runs the command, with that person's settings, in that person's folders.</summary>
internal static class OwnGit
{
    /// <exception cref="Vexa.Contracts.VexaException"><c>git-missing</c>.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        // It never waits for an answer that nobody is asked for.
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            throw Faults.Machine("git-missing", "git cannot be started.", "Install it: apt-get install git", fault);
        }
    }

    /// <summary>What it says, without the line's end; null where it fails.</summary>
    public static async Task<string?> Ask(string folder, CancellationToken ct, params string[] arguments)
    {
        using var process = Start(new ProcessStartInfo("git", ["-C", folder, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true });
        await using var killing = ct.Register(() => process.Kill(entireProcessTree: true));
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await errors;
        await process.WaitForExitAsync(CancellationToken.None);
        ct.ThrowIfCancellationRequested();
        return process.ExitCode == 0 ? output.TrimEnd('\n') : null;
    }

    /// <summary>
    /// Sets a setting for this one process (git-config(1), GIT_CONFIG_COUNT), after those that the environment has already: it stands neither in the
    /// arguments, which everybody on the machine may read, nor in a file.
    /// </summary>
    public static void Set(ProcessStartInfo start, string name, string value)
    {
        var count = start.Environment.TryGetValue("GIT_CONFIG_COUNT", out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var known) ? known : 0;
        var at = count.ToString(CultureInfo.InvariantCulture);
        start.Environment["GIT_CONFIG_KEY_" + at] = name;
        start.Environment["GIT_CONFIG_VALUE_" + at] = value;
        start.Environment["GIT_CONFIG_COUNT"] = (count + 1).ToString(CultureInfo.InvariantCulture);
    }
}
