using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// The only place that starts git. It runs on folders of ours alone (I5), with an environment made from nothing and every setting that
/// could run a program switched off; it is killed when it takes too long or says too much. What it writes to standard error goes into the
/// log and never into a message.
/// </summary>
internal sealed partial class Git(WorkspaceOptions options, TimeProvider time, ILogger log)
{
    private const int LongestErrors = 8 * 1024;

    private static readonly string[] Settings =
    [
        "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null", "core.protectHFS=true", "core.protectNTFS=true",
        "core.bigFileThreshold=16m", "core.packedGitWindowSize=64m", "core.packedGitLimit=256m", "core.deltaBaseCacheLimit=64m",
        "protocol.allow=never", "transfer.fsckObjects=true", "fetch.fsckObjects=true", "receive.fsckObjects=true",
        "gc.auto=0", "maintenance.auto=false", "core.fsync=none", "pack.threads=1", "pack.windowMemory=256m", "log.showSignature=false", "merge.directoryRenames=false",
    ];

    /// <summary>Runs git and returns its output.</summary>
    /// <exception cref="GitException">It failed.</exception>
    public async Task<ReadOnlyMemory<byte>> Run(GitCall call, CancellationToken ct)
    {
        var answer = await Try(call, ct);
        return answer.Ok ? answer.Output : throw new GitException(call.Arguments[0], answer);
    }

    /// <summary>Runs git where a failure is an answer too.</summary>
    public async Task<GitAnswer> Try(GitCall call, CancellationToken ct)
    {
        using var process = Start(call);
        using var deadline = new CancellationTokenSource(call.Timeout ?? options.GitTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        // Killing ends the pipes, and with them every read and write below: those take no token of their own.
        await using var killing = stop.Token.Register(() => process.Kill(entireProcessTree: true));

        var collected = new MemoryStream();
        var errors = ReadErrors(process.StandardError.BaseStream);
        var feeding = Stopping(stop, Feed(call.Input, process.StandardInput.BaseStream, stop.Token));
        var reading = Stopping(stop, Copy(process.StandardOutput.BaseStream, call.Output ?? collected, call.LongestOutput, stop));
        try
        {
            await Task.WhenAll(feeding, reading, errors);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The deadline; told below.
        }
        finally
        {
            await process.WaitForExitAsync(CancellationToken.None);
        }

        ct.ThrowIfCancellationRequested();
        var end = reading is { IsCompletedSuccessfully: true } && !await reading ? GitEnd.TooMuchOutput
            : deadline.IsCancellationRequested ? GitEnd.TooSlow
            : GitEnd.Exited;
        var answer = new GitAnswer(process.ExitCode, collected.GetBuffer().AsMemory(0, (int)collected.Length), await errors, end);
        if (!answer.Ok)
            Failed(log, call.Arguments[0], end, answer.ExitCode, answer.Errors);

        return answer;
    }

    private static Process Start(GitCall call)
    {
        var start = new ProcessStartInfo("git")
        {
            WorkingDirectory = call.Where.Repository,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("--literal-pathspecs");
        foreach (var setting in Settings)
        {
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(setting);
        }

        foreach (var argument in call.Arguments)
            start.ArgumentList.Add(argument);

        start.Environment.Clear();
        foreach (var (name, value) in Environment(call))
            start.Environment[name] = value;

        try
        {
            var process = Process.Start(start)!;
            if (call.Memory is { } memory)
                Posix.LimitMemory(process.Id, memory);

            return process;
        }
        catch (Win32Exception fault) when (Directory.Exists(call.Where.Repository))
        {
            throw new VexaException(Stage.WorkspaceOpen, Party.Operator, "git-missing", "git cannot be started.", "Install it: apt-get install git", fault) { Status = 503 };
        }
        catch (Win32Exception fault)
        {
            throw new GitException(call.Arguments[0], new GitAnswer(-1, default, fault.Message, GitEnd.Exited));
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Environment(GitCall call)
    {
        yield return new("PATH", "/usr/local/bin:/usr/bin:/bin");
        yield return new("LC_ALL", "C");
        yield return new("TZ", "UTC");
        yield return new("HOME", "/dev/null");
        yield return new("XDG_CONFIG_HOME", "/dev/null");
        yield return new("GIT_CONFIG_NOSYSTEM", "1");
        yield return new("GIT_CONFIG_GLOBAL", "/dev/null");
        yield return new("GIT_ATTR_NOSYSTEM", "1");
        yield return new("GIT_ALLOW_PROTOCOL", "");
        yield return new("GIT_NO_REPLACE_OBJECTS", "1");
        yield return new("GIT_OPTIONAL_LOCKS", "0");
        yield return new("GIT_TERMINAL_PROMPT", "0");
        yield return new("GIT_PAGER", "cat");
        yield return new("GIT_DIR", call.Where.Repository);
        if (call.Index is { } index)
            yield return new("GIT_INDEX_FILE", index);
        if (call.Protocol is { } protocol)
            yield return new("GIT_PROTOCOL", protocol);
        if (call.Where.NewObjects is not { } objects)
            yield break;

        yield return new("GIT_OBJECT_DIRECTORY", objects);
        yield return new("GIT_ALTERNATE_OBJECT_DIRECTORIES", string.Join(':', [Path.Combine(call.Where.Repository, "objects"), .. call.Where.Borrowed ?? []]));
    }

    private static async Task<T> Stopping<T>(CancellationTokenSource stop, Task<T> work)
    {
        try
        {
            return await work;
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private static async Task<bool> Feed(Stream? source, Stream input, CancellationToken ct)
    {
        await using (input)
        {
            var buffer = new byte[64 * 1024];
            while (source is not null && await source.ReadAsync(buffer, ct) is > 0 and var read)
                try
                {
                    await input.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
                }
                catch (IOException)
                {
                    // git has ended without reading it all; its exit code says why.
                    return false;
                }
        }

        return true;
    }

    // False where there was more than the limit; then the process is killed.
    private static async Task<bool> Copy(Stream output, Stream destination, long limit, CancellationTokenSource stop)
    {
        var buffer = new byte[64 * 1024];
        while (await output.ReadAsync(buffer, CancellationToken.None) is > 0 and var read)
        {
            var fits = (int)Math.Min(read, limit);
            await destination.WriteAsync(buffer.AsMemory(0, fits), stop.Token);
            limit -= fits;
            if (fits == read)
                continue;

            await stop.CancelAsync();
            return false;
        }

        return true;
    }

    private static async Task<string> ReadErrors(Stream errors)
    {
        var kept = new byte[LongestErrors];
        var length = 0;
        var buffer = new byte[4096];
        while (await errors.ReadAsync(buffer, CancellationToken.None) is > 0 and var read)
        {
            var fits = Math.Min(read, kept.Length - length);
            buffer.AsSpan(0, fits).CopyTo(kept.AsSpan(length));
            length += fits;
        }

        // Parts of it may be an agent's words: one line, nothing that a terminal would obey.
        return string.Concat(Encoding.UTF8.GetString(kept, 0, length).Trim().Select(c => char.IsControl(c) ? ' ' : c));
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "git {Command}: {End}, exit code {ExitCode}: {Errors}")]
    private static partial void Failed(ILogger log, string command, GitEnd end, int exitCode, string errors);
}
