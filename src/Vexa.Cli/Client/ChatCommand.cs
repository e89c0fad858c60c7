using System.CommandLine;
using Spectre.Console;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa chat</c>: messages of one session, line by line, until the input ends.</summary>
internal static class ChatCommand
{
    public static Command Create()
    {
        var session = new Option<string?>("--session", "-s") { Description = "Session to go on with." };
        var workspaces = new Option<string[]>("--workspace", "-w") { Description = "ID or ID:ro, for a new session. Default: home." };
        var command = new Command("chat", "Talk with an agent; Ctrl-D ends.") { session, workspaces, Terminal.JsonOption("One JSON object a line, a turn each, instead of text.") };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            SessionId? current = parsed.GetValue(session) is { } id ? Id.Parse<SessionId>(id) : null;
            using var client = await Connection.OpenStarted(terminal, ct);
            while (Prompt(terminal) is { } line)
            {
                if (string.IsNullOrWhiteSpace(line))
                    continue;

                using var signals = new StopSignals();
                signals.EndAtSecond();
                var turn = await Turn.Send(client, new ChatRequest
                {
                    Prompt = line,
                    Session = current,
                    Workspaces = current is null && parsed.GetValue(workspaces) is { Length: > 0 } list ? [.. list.Select(AskCommand.ParseAccess)] : null,
                }, terminal, signals.Ask);
                current = turn.Address!.Session;
                terminal.Result(turn.ToResult(), ClientJson.Default.AskResult);
            }

            if (current is not null)
                terminal.AdviseAside($"\nGo on with this session: vexa chat -s {current}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static string? Prompt(Terminal terminal)
    {
        if (!Console.IsInputRedirected)
            terminal.Output.Markup("\n[bold]>[/] ");

        return Console.In.ReadLine();
    }
}
