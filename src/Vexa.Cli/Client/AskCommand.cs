using System.CommandLine;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa ask</c>: one message, its events, its diff. Starts the stack where it does not run.</summary>
internal static class AskCommand
{
    public static Command Create()
    {
        var prompt = new Argument<string>("prompt") { Description = "What the agent shall do." };
        var session = new Option<string?>("--session", "-s") { Description = "Session to go on with." };
        var workspaces = new Option<string[]>("--workspace", "-w") { Description = "ID or ID:ro; the first rw one is the home. Default: home." };
        var runner = new Option<string?>("--runner") { Description = "Agent runner. Default: claude-code." };
        var idle = new Option<int?>("--idle") { Description = "Seconds that the container waits for the next message." };
        var command = new Command("ask", "Send one message, watch it, see its diff.") { prompt, session, workspaces, runner, idle, Terminal.JsonOption() };
        command.SetAction(async (parsed, _) =>
        {
            var terminal = Terminal.Of(parsed);
            using var signals = new StopSignals();
            signals.EndAtSecond();
            var request = new ChatRequest
            {
                Prompt = parsed.GetValue(prompt)!,
                Session = parsed.GetValue(session) is { } id ? Id.Parse<SessionId>(id) : null,
                Runner = parsed.GetValue(runner) is { } name ? Id.Parse<RunnerName>(name) : null,
                Workspaces = parsed.GetValue(workspaces) is { Length: > 0 } list ? [.. list.Select(ParseAccess)] : null,
                Limits = parsed.GetValue(idle) is { } seconds ? new DispatchLimits { IdleSeconds = seconds } : null,
            };
            using var client = await Connection.OpenStarted(terminal, signals.Ask);
            var turn = await Turn.Send(client, request, terminal, signals.Ask);
            terminal.Result(turn.ToResult(), ClientJson.Default.AskResult);
            terminal.Line();
            terminal.Advise($"run {turn.Address!.Run}   go on: vexa ask -s {turn.Address.Session} \"...\"   take back: vexa undo {turn.Address.Run}");
            return turn.Complete is { Ok: true } ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return command;
    }

    internal static WorkspaceAccess ParseAccess(string text) => text.Split(':') switch
    {
        [var id] => new WorkspaceAccess(Id.Parse<WorkspaceId>(id), AccessMode.Rw),
        [var id, "rw"] => new WorkspaceAccess(Id.Parse<WorkspaceId>(id), AccessMode.Rw),
        [var id, "ro"] => new WorkspaceAccess(Id.Parse<WorkspaceId>(id), AccessMode.Ro),
        _ => throw Faults.Input("workspace-mode", $"A workspace is ID, ID:rw or ID:ro, not '{text}'.", "See: vexa ask --help"),
    };
}
