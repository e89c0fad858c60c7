using System.CommandLine;

namespace Vexa.Cli.Commands;

/// <summary>A heading of the help screen and the commands below it, in order.</summary>
internal sealed record CommandGroup(string Title, IReadOnlyList<Command> Commands);
