using Vexa.Cli.Attack;

namespace Vexa.Tests.Attacks;

public sealed class VerdictTests
{
    [Theory]
    [InlineData("0", nameof(Outcome.Succeeded))]
    [InlineData("1", nameof(Outcome.Refused))]
    [InlineData("2", nameof(Outcome.Inconclusive))]
    [InlineData("3", nameof(Outcome.Inconclusive))]
    [InlineData("255", nameof(Outcome.Inconclusive))]
    [InlineData("timeout", nameof(Outcome.Inconclusive))]
    [InlineData("signal-9", nameof(Outcome.Inconclusive))]
    [InlineData("missing", nameof(Outcome.Inconclusive))]
    [InlineData("lost", nameof(Outcome.Inconclusive))]
    public void Only_a_script_that_says_so_was_refused(string end, string outcome) => Assert.Equal(outcome, Verdict.Of(new TryOut("A01", end, 1, "what it said")).Outcome.ToString());

    [Fact]
    public void What_never_ran_is_inconclusive() => Assert.Equal(Outcome.Inconclusive, Verdict.Of(run: null).Outcome);

    [Fact]
    public void What_the_node_saw_turns_a_refusal_into_a_success_and_never_the_other_way_round()
    {
        Assert.Equal((Outcome.Succeeded, "seen"), Verdict.Of(new TryOut("A01", "1", 1, "refused") { Seen = (Outcome.Succeeded, "seen") }));
        Assert.Equal((Outcome.Refused, "seen"), Verdict.Of(new TryOut("A01", "lost", 1, "") { Seen = (Outcome.Refused, "seen") }));
        Assert.Equal((Outcome.Succeeded, "got it"), Verdict.Of(new TryOut("A01", "0", 1, "got it") { Seen = (Outcome.Refused, "seen") }));
        Assert.Equal(Outcome.Inconclusive, Verdict.Of(new TryOut("A01", "timeout", 1, "") { Seen = (Outcome.Refused, "seen") }).Outcome);
    }

    [Fact]
    public void A_flood_that_comes_out_of_a_weak_container_has_succeeded_too()
    {
        var tried = new TryOut("H05", "1", 1, "100 MB are written");

        Assert.Equal(Outcome.Succeeded, NodeJudge.Of(tried, new CameOut(new Printed("", 100_000_000)))!.Value.Outcome);
        Assert.Null(NodeJudge.Of(tried with { Id = "A01" }, new CameOut(new Printed("", 100_000_000))));
    }

    [Fact]
    public void The_report_fails_for_each_thing_that_can_be_wrong()
    {
        Assert.True(Report(Outcome.Refused, bites: true, check: true).Ok);
        Assert.True(Report(Outcome.Refused, bites: null, check: true).Ok);
        Assert.True(Report(outcome: null, bites: null, check: true).Ok);
        Assert.False(Report(Outcome.Succeeded, bites: true, check: true).Ok);
        Assert.False(Report(Outcome.Inconclusive, bites: true, check: true).Ok);
        Assert.False(Report(Outcome.Refused, bites: false, check: true).Ok);
        Assert.False(Report(Outcome.Refused, bites: true, check: false).Ok);
    }

    private static TargetReport Report(Outcome? outcome, bool? bites, bool check) => new()
    {
        On = "runc",
        Attacks = [new AttackResult { Id = "A01", Title = "t", Expected = "e", Happened = "h", Outcome = outcome, Control = bites is { } b ? new ControlResult("honest", b, "c") : null }],
        Checks = [new NodeCheck("the victim lives", check, "")],
    };
}
