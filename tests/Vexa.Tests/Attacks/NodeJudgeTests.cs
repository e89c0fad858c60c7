using Vexa.Cli.Attack;

namespace Vexa.Tests.Attacks;

/// <summary>What the node sees of an attack whose script cannot know: no control gets here, so each branch is reached by a made-up end.</summary>
public sealed class NodeJudgeTests
{
    private static readonly TurnComplete Done = new(Ok: true);
    private static readonly Commit Committed = new(Id.Parse<WorkspaceId>("loot"), new string('a', 40), Files: 1, Insertions: 1, Deletions: 0);

    public static TheoryData<string> JudgedByTheirEnd => [.. "G06 G07 G09 G11 G12 G17 H01 H02 H05 H06 H07 H08 H12 H13 H14 H15".Split(' ')];

    public static TheoryData<string> JudgedByTheirCommits => [.. "G06 G07 G11 G17".Split(' ')];

    [Theory]
    [MemberData(nameof(JudgedByTheirEnd))]
    public void A_turn_without_an_end_is_a_success_of_the_attacker(string id) =>
        Assert.Equal((Outcome.Succeeded, "the turn has no end"), Judge(id, [], RunState.Ended));

    [Theory]
    [MemberData(nameof(JudgedByTheirEnd))]
    public void A_run_that_does_not_end_is_one_too(string id) =>
        Assert.Equal((Outcome.Succeeded, "the run does not end"), Judge(id, [Done], RunState.Running));

    [Theory]
    [MemberData(nameof(JudgedByTheirEnd))]
    public void What_has_its_one_end_was_refused_and_says_why(string id)
    {
        var (outcome, what) = Judge(id, [new Error(Stage.Request, Party.Caller, "killed", "-"), Done], RunState.Ended);
        Assert.Equal(Outcome.Refused, outcome);
        Assert.EndsWith("the run ended (Deadline): killed", what, StringComparison.Ordinal);
        Assert.StartsWith("what it said; ", what, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(JudgedByTheirCommits))]
    public void Only_files_programs_and_links_may_be_committed(string id)
    {
        Assert.Equal(Outcome.Refused, Judge(id, [Committed, Done], RunState.Ended, Diff("new file mode 100644", "new file mode 100755", "new file mode 120000", "old mode 100644\nnew mode 100755")).Outcome);
        Assert.Equal((Outcome.Succeeded, "a file of mode 160000 was committed"), Judge(id, [Committed, Done], RunState.Ended, Diff("new file mode 100644", "new file mode 160000")));
        Assert.Equal((Outcome.Succeeded, "a file of mode 104755 was committed"), Judge(id, [Committed, Done], RunState.Ended, Diff("old mode 100644\nnew mode 104755")));
    }

    [Fact]
    public void A_commit_that_is_too_large_must_not_be_there_at_all() =>
        Assert.Equal((Outcome.Succeeded, "it was committed"), Judge("G12", [Committed, Done], RunState.Ended));

    [Fact]
    public void Whoever_outlives_his_deadline_must_have_ended_by_it() =>
        Assert.Equal((Outcome.Succeeded, "the run ended otherwise: Completed"), Judge("H15", [Done], RunState.Ended, reason: StopReason.Completed));

    [Theory]
    [InlineData("H05")]
    [InlineData("H06")]
    [InlineData("H07")]
    [InlineData("H08")]
    public void A_flood_that_comes_out_has_succeeded_though_all_ended_well(string id) =>
        Assert.Equal((Outcome.Succeeded, "100.0 MB came out"), Judge(id, [Done], RunState.Ended, logged: 100_000_000));

    [Theory]
    [MemberData(nameof(JudgedByTheirEnd))]
    public void Of_a_weak_container_the_scripts_own_word_is_all_there_is(string id) => Assert.Null(NodeJudge.Of(Said(id), new CameOut(new Printed("", 1_000))));

    private static (Outcome Outcome, string What) Judge(
        string id, IReadOnlyList<UnitEvent> events, RunState state, string diffs = "", StopReason reason = StopReason.Deadline, long logged = 0)
    {
        var dispatch = Sample.Dispatch();
        var run = new Run
        {
            Id = dispatch.Id,
            Session = dispatch.Session!.Value,
            Subject = dispatch.Identity.Subject,
            Launcher = dispatch.Identity.Launcher,
            Runner = dispatch.Runner,
            Workspaces = dispatch.Workspaces,
            Trigger = Trigger.Message,
            Limits = new DispatchLimits(),
            State = state,
            Container = "vexa-agent-d-1",
            CreatedAt = DateTimeOffset.UnixEpoch,
            EndReason = state == RunState.Ended ? reason : null,
            Turns = [],
        };
        return NodeJudge.Of(Said(id), new CameOut(new Dispatched(dispatch.Id, events), run, diffs, logged))!.Value;
    }

    private static TryOut Said(string id) => new(id, "1", 1, "what it said");

    private static string Diff(params string[] modes) => string.Concat(modes.Select((mode, n) => $"diff --git a/f{n} b/f{n}\n{mode}\nindex 0000000..1111111\n"));
}
