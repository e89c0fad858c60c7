using System.CommandLine;

namespace Vexa.Cli.Commands;

/// <summary>A heading of the help screen and the lines below it, in order.</summary>
internal sealed record CommandGroup(string Title, IReadOnlyList<CommandLine> Lines)
{
    public IEnumerable<Command> Commands => Lines.SelectMany(line => line.Commands);
}

/// <summary>One line of the help screen: a command, or a few that belong together.</summary>
internal sealed record CommandLine(string Text, params IReadOnlyList<Command> Commands)
{
    public static implicit operator CommandLine(Command command) => new(command.Description ?? "", command);
}
