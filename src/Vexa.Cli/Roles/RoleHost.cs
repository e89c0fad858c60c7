using System.CommandLine;
using System.Globalization;
using Vexa.Cli.Commands;
using Vexa.Cli.Stack;
using Vexa.Contracts;

namespace Vexa.Cli.Roles;

/// <summary>How <c>vexa control</c>, <c>vexa runtime</c> and <c>vexa door</c> run: settings in, signals to one token, a bounded end.</summary>
internal static class RoleHost
{
    // Longer than any role's own bound; a role that hangs beyond it would outlive a killed supervisor.
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(25);

    public static IReadOnlyList<Command> Commands() => [.. RoleEntryPoints.All.Select(role => Create(role.Key, role.Value))];

    private static Command Create(string name, Func<StackOptions, CancellationToken, Task> run)
    {
        var command = new Command(name, $"The {name} role by itself; vexa up runs all.");
        command.SetAction(async (_, _) =>
        {
            using var signals = new StopSignals();
            RequireSupervisor();
            using var end = signals.Ask.UnsafeRegister(static _ => new Thread(EndHard) { IsBackground = true }.Start(), null);
            try
            {
                await run(StackOptions.FromEnvironment(), signals.Ask);
            }
            catch (OperationCanceledException) when (signals.Ask.IsCancellationRequested)
            {
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    // The supervisor may have died before its death could be signalled to us.
    private static void RequireSupervisor()
    {
        if (Environment.GetEnvironmentVariable(StackPlan.SupervisorVariable) is { Length: > 0 } pid && pid != Libc.ParentProcess().ToString(CultureInfo.InvariantCulture))
            throw Faults.Machine("no-supervisor", "The supervisor that started this role is gone.", "Start the stack again: vexa up");
    }

    // A thread, not a timer: it has to work also where every thread of the pool is stuck.
    private static void EndHard()
    {
        using var never = new ManualResetEventSlim();
        never.Wait(LongestStop);
        Console.Error.WriteLine("The role did not stop in time.");
        Environment.Exit(ExitCodes.Failed);
    }
}
