using System.CommandLine;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Stack;

/// <summary><c>vexa down</c>: stops the stack and waits for its end. Where nothing runs there is nothing to do, which is no failure.</summary>
internal static class DownCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(30);

    public static Command Create()
    {
        var command = new Command("down", "Stop the stack and wait for its end.") { Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var (ran, cleared) = await Stop(StackOptions.FromEnvironment(), TimeProvider.System, ct);
            terminal.Result(new DownReport(Ok: true, ran, cleared), StackJson.Default.DownReport);
            terminal.Line(ran ? "Stopped." : "The stack is not running.");
            if (cleared.Count > 0)
                terminal.Line($"Ended what an earlier stack had left: {string.Join(", ", cleared)}.");
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <returns>Whether it ran, and the roles that a dead supervisor had left running.</returns>
    /// <exception cref="VexaException">It does not stop.</exception>
    public static async Task<(bool Ran, IReadOnlyList<string> Cleared)> Stop(StackOptions options, TimeProvider time, CancellationToken ct)
    {
        var ran = StackLock.IsHeld(options);
        if (ran)
        {
            // The lock is held a moment before the state is there.
            await Until(() => StackState.ReadRunning(options) is not null || !StackLock.IsHeld(options), TimeSpan.FromSeconds(5), time, ct);
            var supervisor = StackState.ReadRunning(options)?.Supervisor;
            if (supervisor is null && StackLock.IsHeld(options))
                throw Faults.Machine("state-unreadable", $"The stack runs, but {options.StateFile} does not say by which process.", $"Find it: sudo fuser {options.LockFile}; end it: sudo kill PID; then: vexa down");
            supervisor?.Signal(Libc.SigTerm);
            // It lets go of the lock a moment before it ends.
            bool Gone() => !StackLock.IsHeld(options) && supervisor is not { IsAlive: true };
            if (!await Until(Gone, Patience, time, ct))
            {
                supervisor?.Signal(Libc.SigTerm);
                if (!await Until(Gone, TimeSpan.FromSeconds(10), time, ct))
                    throw Faults.Machine("does-not-stop", $"The supervisor (pid {supervisor?.Pid}) does not stop.", $"End it: sudo kill -9 {supervisor?.Pid}; then: vexa down");
            }
        }

        var cleared = await Leftovers.Clear(options, time);
        // Also what the supervisor had to leave, because something of it was still mounted then. A stack of another data folder may live there.
        using var held = Directory.Exists(options.RunFolder) && Directory.Exists(options.DataFolder) ? await StackLock.Take(options, time) : null;
        if (held is not null && !StackLock.IsHeld(options.RunLockFile))
            StackFolders.RemoveRun(options);
        return (ran, cleared);
    }

    private static async Task<bool> Until(Func<bool> holds, TimeSpan patience, TimeProvider time, CancellationToken ct)
    {
        var since = time.GetTimestamp();
        while (!holds())
        {
            if (time.GetElapsedTime(since) > patience)
                return false;
            await Task.Delay(Poll, time, ct);
        }

        return true;
    }
}

/// <summary>What <c>vexa down --json</c> prints.</summary>
internal sealed record DownReport(bool Ok, bool WasRunning, IReadOnlyList<string> Cleared);
