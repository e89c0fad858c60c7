using System.Globalization;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Oci;

/// <summary>
/// A program with the command line that <c>runc</c> made common (OCI runtime CLI): <c>runc</c>, <c>crun</c> or gVisor's <c>runsc</c>. Where
/// they differ, it shows here and nowhere else.
/// </summary>
/// <param name="program">A name on the path or an absolute path.</param>
/// <param name="stateFolder">The program's own state, one folder for each program.</param>
internal sealed class OciEngine(Isolation isolation, string program, string stateFolder)
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortBound = TimeSpan.FromSeconds(15);

    public string Program => program;

    public string StateFolder => stateFolder;

    /// <summary>First line of <c>--version</c>.</summary>
    public async Task<string> Version(CancellationToken ct) =>
        (await new Command(program, ["--version"]) { Timeout = ShortBound }.RunOrThrow(ct)).Split('\n', 2)[0];

    /// <summary>Starts a container that outlives this call, and returns the pid of the process that stands for it.</summary>
    /// <param name="bundle">Holds <c>config.json</c>; gets <c>pid</c> and <c>engine.log</c>.</param>
    /// <param name="output">A FIFO for both outputs of the container.</param>
    public async Task<int> Run(string name, string bundle, string output, CancellationToken ct)
    {
        // The shell opens the FIFO for reading too: so a container can write on while this role is away, up to the pipe's size,
        // and is never ended by a broken pipe. And once for each output: gVisor makes what it was given non-blocking, and where the second
        // output were the same open file as the first, a container would find it so, and lose what it writes faster than it is read.
        await new Command("/bin/sh",
        [
            "-c", "exec \"$@\" 1<>\"$0\" 2<>\"$0\" </dev/null", output,
            program, .. Global(), "--log", Path.Combine(bundle, LogFile), "--log-format", "json",
            "run", "--detach", "--pid-file", Path.Combine(bundle, PidFile), "--bundle", bundle, name,
        ])
        { Timeout = StartBound }.RunDetached(ct);
        return ReadPid(bundle) ?? throw new InvalidDataException($"{program} wrote no pid");
    }

    /// <summary>
    /// Asks the container's first process to end. With a kernel of its own that process is not one of the host's: so the engine is asked.
    /// </summary>
    public Task Terminate(string name, WatchedProcess process)
    {
        if (isolation == Isolation.Gvisor)
            return new Command(program, [.. Global(), "kill", name, "TERM"]) { Timeout = ShortBound }.Run(CancellationToken.None);

        process.Signal(Libc.SigTerm);
        return Task.CompletedTask;
    }

    /// <summary>Kills whatever is left of a container and forgets it; one that is not there is no failure.</summary>
    public Task Delete(string name, CancellationToken ct)
    {
        var deleting = new Command(program, [.. Global(), "delete", "--force", name]) { Timeout = ShortBound }.RunOrThrow(ct);
        return isolation == Isolation.Gvisor ? OrphanReaper.OfThisProcess.ReapWhile(deleting) : deleting;
    }

    /// <summary>Names of the containers that it knows, alive or dead.</summary>
    public IEnumerable<string> Names() => !Directory.Exists(stateFolder)
        ? []
        // A folder <name>; of gVisor files <name>_sandbox:<name>.state and .lock, of which a cut-short start may have left any.
        : Directory.EnumerateFileSystemEntries(stateFolder).Select(entry => Path.GetFileName(entry).Split('_', 2)[0]).Distinct();

    /// <summary>The pid that an earlier <see cref="Run"/> wrote; null where it was cut short before.</summary>
    public static int? ReadPid(string bundle) =>
        Path.Combine(bundle, PidFile) is var file && File.Exists(file) && int.TryParse(File.ReadAllText(file), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            ? pid
            : null;

    /// <summary>The last error that the engine logged.</summary>
    public static string? LastError(string bundle)
    {
        var log = Path.Combine(bundle, LogFile);
        if (!File.Exists(log))
            return null;

        foreach (var line in File.ReadLines(log).Reverse())
        {
            try
            {
                using var entry = JsonDocument.Parse(line);
                if (entry.RootElement.TryGetProperty("level", out var level) && level.GetString() is "error" or "warning" && entry.RootElement.TryGetProperty("msg", out var message))
                    return message.GetString();
            }
            catch (JsonException)
            {
                // Not a log entry; the next may be.
            }
        }

        return null;
    }

    private string[] Global() => isolation == Isolation.Gvisor
        // No network stack, sockets of the host to be connected to (the door) but never made, and no writable layer over the image, which
        // newer versions would put beside it. Our system call filter stays outside: no call of the agent's reaches the host's kernel.
        ? ["--root", stateFolder, "--network=none", "--host-uds=open", "--overlay2=none"]
        : ["--root", stateFolder];

    private const string PidFile = "pid";
    private const string LogFile = "engine.log";
}
