using System.CommandLine;
using Vexa.Cli.Commands;

namespace Vexa.Tests.Cli;

public sealed class CommandTreeTests
{
    [Fact]
    public void Help_fits_one_screen_and_shows_every_command()
    {
        var tree = CommandTree.Create();
        var lines = new HelpScreenAction(tree).Render().TrimEnd('\n').Split('\n');

        Assert.True(lines.Length < HelpScreenAction.Rows, $"{lines.Length} lines");
        Assert.All(lines, line => Assert.True(line.Length <= HelpScreenAction.Columns, line));
        Assert.All(tree.Groups.SelectMany(group => group.Commands), command => Assert.Contains(lines, line => line.Contains($" {command.Name} ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_command_and_option_is_described() =>
        Assert.All(CommandTree.Create().Groups.SelectMany(group => group.Commands), command =>
        {
            Assert.False(string.IsNullOrWhiteSpace(command.Description), command.Name);
            Assert.All(command.Options, option => Assert.True(option.Hidden || !string.IsNullOrWhiteSpace(option.Description), $"{command.Name} {option.Name}"));
        });

    [Theory]
    [InlineData(Stage.Authenticate, Party.Caller, null, ExitCodes.Refused)]
    [InlineData(Stage.Request, Party.Caller, 403, ExitCodes.Refused)]
    [InlineData(Stage.Request, Party.Caller, 404, ExitCodes.NotFound)]
    [InlineData(Stage.Request, Party.Caller, null, ExitCodes.Usage)]
    [InlineData(Stage.Request, Party.Operator, null, ExitCodes.Unavailable)]
    [InlineData(Stage.Runner, Party.Agent, null, ExitCodes.Failed)]
    [InlineData(Stage.Request, Party.Vexa, 503, ExitCodes.Unavailable)]
    [InlineData(Stage.Request, Party.Vexa, 500, ExitCodes.Failed)]
    public void A_failure_has_the_exit_code_of_what_it_means(Stage stage, Party party, int? status, int exit) =>
        Assert.Equal(exit, ExitCodes.Of(new VexaException(stage, party, "rule", "message", "hint") { Status = status }));
}
