using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Vexa.Runtime.Native;

/// <summary>A child process that runs to its end, with a clean environment and a bound on its time.</summary>
internal sealed record Command(string File, IReadOnlyList<string> Arguments)
{
    private const int NoEntry = 2;
    private const int NoAccess = 13;
    private const int MostOutput = 64 * 1024;
    private const string SafePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly ConcurrentDictionary<int, bool> Running = new();

    public string WorkingDirectory { get; init; } = "/";

    /// <summary>The whole environment: nothing is inherited.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string> { ["PATH"] = SafePath, ["LC_ALL"] = "C.UTF-8" };

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Copied to the child's standard input; nothing where null.</summary>
    public Stream? Input { get; init; }

    /// <summary>Is told every line of both outputs as it comes.</summary>
    public Action<string>? Lines { get; init; }

    /// <summary>Runs it. Kills the whole process tree where it is cancelled or takes too long.</summary>
    /// <exception cref="CommandMissingException">There is no such program.</exception>
    /// <exception cref="CommandNotStartedException">There is, and the kernel did not start it.</exception>
    /// <exception cref="TimeoutException">It took longer than <see cref="Timeout"/>.</exception>
    public async Task<CommandResult> Run(CancellationToken ct)
    {
        using var process = Start(StartInfo());
        using var ours = new Ours(process.Id);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Timeout);
        var output = new StringBuilder();
        var errors = new StringBuilder();
        try
        {
            await Task.WhenAll(
                Feed(process, bound.Token),
                Read(process.StandardOutput, output, bound.Token),
                Read(process.StandardError, errors, bound.Token),
                process.WaitForExitAsync(bound.Token));
        }
        catch (Exception fault)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            if (fault is OperationCanceledException && !ct.IsCancellationRequested)
                throw new TimeoutException($"{File} took longer than {Timeout.TotalSeconds:0} s.");

            throw;
        }

        return new CommandResult(process.ExitCode, output.ToString(), errors.ToString());
    }

    /// <summary>Runs a program whose own children keep its outputs: nothing is redirected, and only its own end is waited for.</summary>
    /// <exception cref="CommandFailedException">It ended with another code than 0.</exception>
    public async Task RunDetached(CancellationToken ct)
    {
        var start = StartInfo();
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = false;
        using var process = Start(start);
        using var ours = new Ours(process.Id);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Timeout);
        try
        {
            await process.WaitForExitAsync(bound.Token);
        }
        catch (OperationCanceledException fault)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw ct.IsCancellationRequested ? fault : new TimeoutException($"{File} took longer than {Timeout.TotalSeconds:0} s.");
        }

        // What a shell answers where it finds no such program.
        if (process.ExitCode == 127)
            throw new CommandMissingException(File, new CommandFailedException(File, new CommandResult(127, "", "")));
        if (process.ExitCode != 0)
            throw new CommandFailedException(File, new CommandResult(process.ExitCode, "", ""));
    }

    /// <summary>Runs it and insists on success.</summary>
    /// <exception cref="CommandFailedException">It ended with another code than 0.</exception>
    public async Task<string> RunOrThrow(CancellationToken ct)
    {
        var result = await Run(ct);
        return result.ExitCode == 0 ? result.Output : throw new CommandFailedException(File, result);
    }

    /// <summary>True for a child that a command has started and not yet seen the end of: it is collected there, and must not be elsewhere.</summary>
    public static bool IsOurs(int pid) => Running.ContainsKey(pid);

    private Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing) when (missing.NativeErrorCode is NoEntry or NoAccess)
        {
            throw new CommandMissingException(File, missing);
        }
        catch (Win32Exception refused)
        {
            throw new CommandNotStartedException(File, refused);
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(File, Arguments)
        {
            WorkingDirectory = WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;

        return start;
    }

    private async Task Feed(Process process, CancellationToken ct)
    {
        await using var input = process.StandardInput.BaseStream;
        try
        {
            if (Input is not null)
                await Input.CopyToAsync(input, ct);
        }
        catch (IOException)
        {
            // Either side ended early; the child then sees a short input or has ended itself, and its exit code tells of it.
        }
    }

    private async Task Read(StreamReader reader, StringBuilder kept, CancellationToken ct)
    {
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            Lines?.Invoke(line);
            if (kept.Length + line.Length < MostOutput)
                kept.Append(line).Append('\n');
        }
    }

    private readonly struct Ours : IDisposable
    {
        private readonly int _pid;

        public Ours(int pid) => Running[_pid = pid] = true;

        public void Dispose() => Running.TryRemove(_pid, out _);
    }
}

internal sealed record CommandResult(int ExitCode, string Output, string Errors);

internal sealed class CommandMissingException(string file, Exception inner) : Exception($"There is no program {file}.", inner)
{
    public string File { get; } = file;
}

/// <summary>The kernel did not start a program that is there: no memory, no process left, arguments that are too long.</summary>
internal sealed class CommandNotStartedException(string file, Win32Exception inner) : IOException($"{Path.GetFileName(file)} could not be started: {inner.Message}", inner);

internal sealed class CommandFailedException(string file, CommandResult result)
    : Exception($"{Path.GetFileName(file)} ended with code {result.ExitCode}: {result.Errors.Trim()}")
{
    public CommandResult Result { get; } = result;
}
