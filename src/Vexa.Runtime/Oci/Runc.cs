using System.Globalization;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Oci;

/// <summary>The <c>runc</c> command line, and the state file that it keeps.</summary>
internal sealed class Runc(string program, string stateFolder)
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DeleteBound = TimeSpan.FromSeconds(15);

    /// <summary>First line of <c>runc --version</c>.</summary>
    public async Task<string> Version(CancellationToken ct) =>
        (await new Command(program, ["--version"]).RunOrThrow(ct)).Split('\n', 2)[0];

    /// <summary>Starts a container that outlives this call, and returns the pid of its first process.</summary>
    /// <param name="bundle">Holds <c>config.json</c>; gets <c>pid</c> and <c>runc.log</c>.</param>
    /// <param name="output">A FIFO for both outputs of the container.</param>
    public async Task<int> Run(string name, string bundle, string output, CancellationToken ct)
    {
        var pidFile = Path.Combine(bundle, "pid");
        var log = Path.Combine(bundle, "runc.log");
        // The shell opens the FIFO for reading too: so a container can write on while this role is away, up to the pipe's size,
        // and is never ended by a broken pipe.
        await new Command("/bin/sh",
        [
            "-c", "exec \"$@\" <>\"$0\" >&0 2>&0 </dev/null", output,
            program, "--root", stateFolder, "--log", log, "--log-format", "json",
            "run", "--detach", "--pid-file", pidFile, "--bundle", bundle, name,
        ])
        { Timeout = StartBound }.RunDetached(ct);
        return int.Parse(await File.ReadAllTextAsync(pidFile, ct), CultureInfo.InvariantCulture);
    }

    /// <summary>Kills whatever is left of a container and forgets it; one that is not there is no failure.</summary>
    public Task Delete(string name, CancellationToken ct) =>
        new Command(program, ["--root", stateFolder, "delete", "--force", name]) { Timeout = DeleteBound }.RunOrThrow(ct);

    /// <summary>Names of the containers that it knows, alive or dead.</summary>
    public IEnumerable<string> Names() =>
        Directory.Exists(stateFolder) ? Directory.EnumerateDirectories(stateFolder).Select(folder => Path.GetFileName(folder)) : [];

    /// <summary>The first process of a container and the instant of its start in clock ticks, which tells it from a later one of that pid.</summary>
    public (int Pid, ulong StartTime)? InitProcess(string name)
    {
        var file = Path.Combine(stateFolder, name, "state.json");
        if (!File.Exists(file))
            return null;

        try
        {
            using var state = JsonDocument.Parse(File.ReadAllBytes(file));
            return (state.RootElement.GetProperty("init_process_pid").GetInt32(), state.RootElement.GetProperty("init_process_start").GetUInt64());
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException)
        {
            // A start that was cut short: nothing runs that could be adopted.
            return null;
        }
    }

    /// <summary>The last error that runc logged.</summary>
    public static string? LastError(string bundle)
    {
        var log = Path.Combine(bundle, "runc.log");
        if (!File.Exists(log))
            return null;

        foreach (var line in File.ReadLines(log).Reverse())
        {
            try
            {
                using var entry = JsonDocument.Parse(line);
                if (entry.RootElement.TryGetProperty("level", out var level) && level.GetString() == "error")
                    return entry.RootElement.GetProperty("msg").GetString();
            }
            catch (JsonException)
            {
                // Not a log entry; the next may be.
            }
        }

        return null;
    }
}
