using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;

namespace Vexa.Cli.Commands;

/// <summary>The help of <c>vexa</c> itself: every command on one line, all on one screen of 80 by 24.</summary>
internal sealed class HelpScreenAction(CommandTree tree) : SynchronousCommandLineAction
{
    public const int Columns = 80;
    public const int Rows = 24;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult) => parseResult.CommandResult.Command is RootCommand ? Show() : new HelpAction().Invoke(parseResult);

    public int Show()
    {
        Console.Out.Write(Render());
        return ExitCodes.Ok;
    }

    internal string Render()
    {
        var text = new StringBuilder();
        text.Append("vexa: coding agents as isolated, streamed, resumable work over git workspaces\n");
        foreach (var group in tree.Groups)
            for (var i = 0; i < group.Lines.Count; i++)
                text.Append(Line(i == 0 ? group.Title : "", group.Lines[i])).Append('\n');
        text.Append("Every command takes --help, and --json for one JSON object instead of text.\n");
        text.Append("Exit: 0 ok, 1 failed, 2 usage, 3 unavailable, 4 refused, 5 not found, 130 Ctrl-C\n");
        return text.ToString();
    }

    private static string Line(string group, CommandLine line) =>
        $"{group,-9} {(line.Commands is [var only] ? Usage(only) : string.Join(" | ", line.Commands.Select(command => command.Name))),-16} {line.Text}";

    private static string Usage(Command command) =>
        command.Name + string.Concat(command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $" [{a.Name}]" : $" <{a.Name}>"));
}
