using System.CommandLine;
using Vexa.Cli.Commands;
using Vexa.Cli.Stack;

namespace Vexa.Cli.Setup;

/// <summary><c>vexa setup</c>: installs what is missing.</summary>
internal static class SetupCommand
{
    public static Command Create()
    {
        var command = new Command("setup", "Install what is missing, with apt-get.") { Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var installed = await Installation.Install(Prerequisite.For(StackOptions.FromEnvironment()), terminal.Progress, ct);
            terminal.Result(new SetupReport(Ok: true, installed), SetupJson.Default.SetupReport);
            terminal.Line(installed.Count == 0 ? "Nothing is missing." : $"Installed: {string.Join(' ', installed)}");
            return ExitCodes.Ok;
        });
        return command;
    }
}
