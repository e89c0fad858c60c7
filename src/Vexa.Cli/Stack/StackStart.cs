using System.Diagnostics;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Stack;

/// <summary>Starts a stack that outlives the command that started it.</summary>
internal static class StackStart
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(120);

    /// <summary>The command that is this program.</summary>
    public static IReadOnlyList<string> Self { get; } = Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? [Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "vexa.dll")]
        : [Environment.ProcessPath!];

    /// <summary>Makes sure that the stack runs: the one that runs already, or a new one in a session of its own.</summary>
    /// <param name="progress">Told the state as it goes on.</param>
    /// <returns>The state once all roles are healthy.</returns>
    /// <exception cref="VexaException">It could not be started.</exception>
    public static async Task<StackState> Detached(StackOptions options, TimeProvider time, Action<StackState> progress, CancellationToken ct)
    {
        Preflight.Require(options);
        StackFolders.Create(options);
        if (StackLock.IsHeld(options))
            return await Healthy(options, supervisor: null, time, progress, ct);

        // Whoever holds both began a moment ago, on the same data.
        if (StackLock.IsHeld(options.RunLockFile) && !StackLock.IsHeld(options))
            throw Supervisor.RunFolderInUse(options);
        Supervisor.RequireFreePort(options.Listen);
        using var supervisor = Spawn(options);
        try
        {
            return await Healthy(options, supervisor, time, progress, ct);
        }
        catch (OperationCanceledException)
        {
            ProcessStamp.Of(supervisor.Id)?.Signal(Libc.SigTerm);
            await supervisor.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>The first API token, which control hands over once; reading it takes it away.</summary>
    public static string? TakeFirstToken(StackOptions options)
    {
        try
        {
            var token = File.ReadAllText(options.FirstTokenFile).Trim();
            File.Delete(options.FirstTokenFile);
            return token;
        }
        catch (IOException)
        {
            // There is none, or another command has just taken it.
            return null;
        }
    }

    private static Process Spawn(StackOptions options)
    {
        var log = options.LogOf("supervisor");
        if (File.Exists(log) && new FileInfo(log).Length > RoleLog.DefaultLimit)
            File.Move(log, log + ".1", overwrite: true);
        // The shell only opens the log: what the supervisor says, also when it crashes, has to go where nobody has to read along.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "umask 077; exec setsid \"$@\" </dev/null >>\"$0\" 2>&1", log, .. Self, "up", "--background", "--listen", options.Listen.ToString()])
        {
            WorkingDirectory = "/",
        };
        start.Environment["VEXA_DATA"] = options.DataFolder;
        start.Environment["VEXA_RUN"] = options.RunFolder;
        start.Environment[CommandTree.DebugVariable] = "1";
        return Process.Start(start)!;
    }

    private static async Task<StackState> Healthy(StackOptions options, Process? supervisor, TimeProvider time, Action<StackState> progress, CancellationToken ct)
    {
        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < Longest)
        {
            var state = StackState.Read(options);
            if (state is not null && (supervisor is null ? state.Supervisor.IsAlive : state.Supervisor.Pid == supervisor.Id))
            {
                if (state.Phase == StackPhase.Failed)
                    throw Faults.Machine(state.Failure!.Rule, state.Failure.Message, state.Failure.Hint);
                progress(state);
                if (state.Phase == StackPhase.Running)
                    return state;
            }

            if (supervisor is { HasExited: true } && StackLock.IsHeld(options))
                // Another call was faster: its stack is as good.
                supervisor = null;
            else if (supervisor is { HasExited: true } && StackState.Read(options) is not { Phase: StackPhase.Failed })
                throw Faults.Machine("supervisor", $"The supervisor ended: {string.Join(" / ", RoleLog.Tail(options.LogOf("supervisor"), 2))}", "Look into its log: vexa logs supervisor");
            if (supervisor is null && !StackLock.IsHeld(options))
                throw Faults.Machine("supervisor", "The stack that was starting has ended.", "Start it again: vexa up");
            await Task.Delay(Poll, time, ct);
        }

        throw Faults.Machine("start-timeout", $"The stack was not healthy within {Longest.TotalSeconds:0} s.", "Look at what is wrong: vexa status");
    }
}
