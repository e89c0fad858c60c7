using Vexa.Cli.Attack;

namespace Vexa.Tests.Attacks;

public sealed class AttackScriptTests
{
    private const string Header = "# title: try it\n# expect: EPERM\n# control: seccomp root-user\n";

    [Fact]
    public void A_header_says_all_there_is_to_know()
    {
        var attack = AttackScript.Parse("attacks/H-resources/H07-flood.pl", Header + "# alone: yes\n# seconds: 20\n# wall: 5\n# skip: gvisor: it has none\nuse strict;\n# title: no header any more\n");

        Assert.Equal(("H07", 'H', "try it", "EPERM", true, 20, 5), (attack.Id, attack.Group, attack.Title, attack.Expect, attack.Alone, attack.Seconds, attack.Wall));
        Assert.Equal(["seccomp", "root-user"], attack.Control);
        Assert.False(attack.HasHonestControl);
    }

    [Fact]
    public void What_is_left_out_has_a_default()
    {
        var attack = AttackScript.Parse("A01-x.pl", "# title: t\n# expect: e\n# control: honest\n");

        Assert.True(attack.HasHonestControl);
        Assert.Equal((false, 10, 0), (attack.Alone, attack.Seconds, attack.Wall));
    }

    [Fact]
    public void What_has_no_meaning_with_gvisor_has_none_on_any_backend()
    {
        var attack = AttackScript.Parse("A01-x.pl", Header + "# skip: gvisor: it has a kernel of its own\n");

        Assert.Equal([null, "it has a kernel of its own", null, "it has a kernel of its own"], AttackTarget.All.Select(attack.SkipOn));
    }

    [Theory]
    [InlineData("A1-x.pl", Header, "name")]
    [InlineData("a01-x.pl", Header, "name")]
    [InlineData("A01-X.pl", Header, "name")]
    [InlineData("A01-x.pl", "# expect: e\n# control: honest\n", "title")]
    [InlineData("A01-x.pl", "# title: t\n# title: u\n# expect: e\n# control: honest\n", "title")]
    [InlineData("A01-x.pl", "# title: t\n# control: honest\n", "expect")]
    [InlineData("A01-x.pl", "# title: t\n# expect: e\n", "control")]
    [InlineData("A01-x.pl", "# title: t\n# expect: e\n# control:\n", "header")]
    [InlineData("A01-x.pl", "# title: t\n# expect: e\n# control: secomp\n", "secomp")]
    [InlineData("A01-x.pl", "# title: t\n# expect: e\n# control: honest root-user\n", "honest")]
    [InlineData("A01-x.pl", Header + "# alone: no\n", "alone")]
    [InlineData("A01-x.pl", Header + "# seconds: 0\n", "seconds")]
    [InlineData("A01-x.pl", Header + "# seconds: 121\n", "seconds")]
    [InlineData("A01-x.pl", Header + "# seconds: soon\n", "seconds")]
    [InlineData("A01-x.pl", Header + "# wall: 5\n", "wall")]
    [InlineData("A01-x.pl", Header + "# skip: gvisor\n", "skip")]
    [InlineData("A01-x.pl", Header + "# skip: bochs: why\n", "skip")]
    [InlineData("A01-x.pl", Header + "# colour: red\n", "colour")]
    public void What_breaks_the_format_is_refused_and_named(string name, string text, string named)
    {
        var failure = Assert.Throws<VexaException>(() => AttackScript.Parse(name, text));

        Assert.Equal("attack-header", failure.Rule);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_are_shipped_can_be_read_and_there_are_enough_of_them()
    {
        var attacks = AttackFolder.Read(Repository.Path("attacks"));

        Assert.True(attacks.Count >= 80, $"{attacks.Count} attacks");
        Assert.Equal("ABCDEFGH", string.Concat(attacks.Select(attack => attack.Group).Distinct().Order()));
    }
}
