using Vexa.Cli.Commands;

namespace Vexa.Tests.Cli;

public sealed class CalledAsTests
{
    [Theory]
    [InlineData("Start it: vexa up --detach", "Start it: ./vexa up --detach")]
    [InlineData("Build it: ./vexa image build", "Build it: ./vexa image build")]
    [InlineData("ANTHROPIC_API_KEY=... vexa up", "ANTHROPIC_API_KEY=... ./vexa up")]
    [InlineData("It lies in /run/vexa up to now, not in my-vexa down there", "It lies in /run/vexa up to now, not in my-vexa down there")]
    [InlineData("The user who runs vexa here", "The user who runs vexa here")]
    public void A_command_is_told_as_it_can_be_typed(string text, string told) => Assert.Equal(told, CalledAs.Tell(text, "./vexa"));

    [Theory]
    [InlineData(null, "vexa")]
    [InlineData("", "vexa")]
    [InlineData("./vexa", "./vexa")]
    [InlineData("/opt/vexa/vexa", "/opt/vexa/vexa")]
    [InlineData("x; rm", "vexa")]
    public void It_is_called_as_the_launcher_says_where_that_is_a_plain_path(string? variable, string name) => Assert.Equal(name, CalledAs.NameFrom(variable));
}
