using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Stack;

/// <summary><c>vexa up</c>: runs the stack, in front or in the background.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var detach = new Option<bool>("--detach", "-d") { Description = "Return when all is healthy; the stack goes on." };
        var listen = new Option<string?>("--listen") { Description = "Where the API listens. Default 127.0.0.1:7420, or VEXA_LISTEN." };
        // What --detach starts: the supervisor itself, speaking into its log.
        var background = new Option<bool>("--background") { Hidden = true };
        var command = new Command("up", "Start the stack. Ctrl-C stops it; --detach goes on.") { detach, listen, background, Terminal.JsonOption() };
        command.SetAction(async (parsed, _) =>
        {
            var options = StackOptions.FromEnvironment(parsed.GetValue(listen));
            var terminal = Terminal.Of(parsed);
            using var signals = new StopSignals();
            if (!Environment.IsPrivilegedProcess && StackState.ReadRunning(options) is { Phase: StackPhase.Running } running)
            {
                Announce(options, terminal, running, ran: true);
                return ExitCodes.Ok;
            }

            Preflight.Require(options);
            if (parsed.GetValue(background))
                await InBackground(options, signals);
            else if (parsed.GetValue(detach))
                await Detached(options, terminal, signals.Ask);
            else
                await InFront(options, terminal, signals);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Task Run(StackOptions options, Action<StackState> changed, StopSignals signals)
    {
        var parent = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!, StringComparer.Ordinal);
        var plan = StackPlan.Compute(options, StackStart.Self, Environment.ProcessId, parent);
        return Supervisor.Run(options, plan, TimeProvider.System, changed, signals.Ask, signals.Force);
    }

    private static async Task Detached(StackOptions options, Terminal terminal, CancellationToken stop)
    {
        if (StackState.ReadRunning(options) is { Phase: StackPhase.Running } running)
        {
            Announce(options, terminal, running, ran: true);
            return;
        }

        var ran = StackLock.IsHeld(options);
        var state = await new StartProgress(terminal.Progress).Show(progress => StackStart.Detached(options, TimeProvider.System, progress, stop));
        Announce(options, terminal, state, ran);
    }

    private static async Task InFront(StackOptions options, Terminal terminal, StopSignals signals)
    {
        StackFolders.Create(options);
        if (StackLock.IsHeld(options) && StackState.ReadRunning(options) is { } running)
        {
            Announce(options, terminal, running, ran: true);
            return;
        }

        var healthy = new TaskCompletionSource<StackState>(TaskCreationOptions.RunContinuationsAsynchronously);
        Action<StackState> progress = static _ => { };
        var diary = new StackDiary(TimeProvider.System, terminal.Json ? TextWriter.Null : Console.Error);
        var run = Run(options, state =>
        {
            progress(state);
            if (healthy.Task.IsCompleted)
                diary.Note(state);
            if (state.Phase == StackPhase.Running)
                healthy.TrySetResult(state);
        }, signals);

        var started = await new StartProgress(terminal.Progress).Show(async tell =>
        {
            progress = tell;
            await Task.WhenAny(run, healthy.Task);
            progress = static _ => { };
            return healthy.Task.IsCompleted ? await healthy.Task : null;
        });
        if (started is not null)
        {
            Announce(options, terminal, started, ran: false);
            terminal.Line("Ctrl-C stops it.");
        }

        await run;
        if (started is not null)
            terminal.Line("Stopped.");
    }

    private static Task InBackground(StackOptions options, StopSignals signals)
    {
        var diary = new StackDiary(TimeProvider.System, Console.Out);
        return Run(options, diary.Note, signals);
    }

    private static void Announce(StackOptions options, Terminal terminal, StackState state, bool ran)
    {
        var token = StackStart.TakeFirstToken(options);
        terminal.Result(new UpReport(Ok: true, state.Address, ran, state.Supervisor.Pid, state.Model, token), StackJson.Default.UpReport);
        terminal.Line(ran ? $"The stack runs already: {state.Address}" : $"Vexa is up: {state.Address}");
        if (ran && state.Address != options.ApiAddress)
            terminal.Advise($"It does not listen on {options.Listen}: vexa down first, to change that.");
        if (!System.Net.IPAddress.IsLoopback(options.Listen.Address) && !ran)
            terminal.Line("It listens beyond this machine, without TLS: put a proxy with TLS in front.");
        if (token is not null)
            terminal.Line($"API token, shown this once: {token}");
        if (!options.HasAgentImage)
            terminal.Advise("There is no agent image yet, so no agent can run: vexa image build");
        if (state.Model == "rehearsal")
            terminal.Advise($"Model: rehearsal (a script answers). For a real one: {(ran ? "vexa down, then " : "")}ANTHROPIC_API_KEY=... vexa up");
    }
}

/// <summary>What <c>vexa up --json</c> prints.</summary>
/// <param name="AlreadyRunning">It ran before this command.</param>
internal sealed record UpReport(bool Ok, string Address, bool AlreadyRunning, int Pid, string Model, string? Token);

/// <summary>One line for each thing that happens to a stack.</summary>
internal sealed class StackDiary(TimeProvider time, TextWriter to)
{
    private StackState? _before;

    public void Note(StackState state)
    {
        if (state.Phase != _before?.Phase)
            Line($"stack {state.Phase.ToString().ToLowerInvariant()}{(state.Failure is { } failure ? $": {failure.Message}" : "")}");
        foreach (var role in state.Roles)
            if (_before?.Roles.FirstOrDefault(before => before.Name == role.Name)?.Phase is { } phase && phase != role.Phase)
                Line(Text(role));
        _before = state;
    }

    private static string Text(RoleState role) => role.Phase switch
    {
        RolePhase.Restarting => $"{role.Name} ended ({role.LastExit}) and will be started again",
        RolePhase.Stopped when role.LastExit is { } how && how.StartsWith("killed", StringComparison.Ordinal) => $"{role.Name} {how}",
        RolePhase.Healthy when role.Restarts > 0 => string.Create(CultureInfo.InvariantCulture, $"{role.Name} healthy again (restart {role.Restarts})"),
        _ => $"{role.Name} {role.Phase.ToString().ToLowerInvariant()}",
    };

    private void Line(string text) => to.WriteLine($"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {text}");
}
