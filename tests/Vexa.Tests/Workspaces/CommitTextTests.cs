using System.Text;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class CommitTextTests
{
    private const string Sha = "cccccccccccccccccccccccccccccccccccccccc";
    private const string Parent = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private const string Good =
        "tree aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nparent " + Parent + "\nauthor ada <ada@vexa.local> 1790000000 +0200\n"
        + "committer Vexa <vexa@vexa.local> 1790000000 +0000\n\nRecord it\n\nDispatch: d1\nTurn: t1\nLauncher: user:ada\nRunner: claude-code\n";

    [Fact]
    public void The_workers_commit_passes()
    {
        var commit = Check(Good);
        Assert.Equal(("Record it", new string('a', 40), Parent), (commit.Subject, commit.Tree, commit.Parent));
    }

    [Theory]
    [InlineData("commit-author", "author ada <ada@vexa.local>", "author eve <eve@vexa.local>")]
    [InlineData("commit-author", "author ada <ada@vexa.local>", "author ada <eve@vexa.local>")]
    [InlineData("commit-author", "committer Vexa <vexa@vexa.local>", "committer ada <ada@vexa.local>")]
    [InlineData("commit-author", "1790000000 +0200", "soon +0200")]
    [InlineData("commit-author", "1790000000 +0200", "99999999999 +0200")]
    [InlineData("commit-author", "1790000000 +0200", "1790000000 +0200 x")]
    [InlineData("commit-headers", "\n\nRecord", "\ngpgsig x\n\nRecord")]
    [InlineData("commit-headers", "\n\nRecord", "\nencoding latin1\n\nRecord")]
    [InlineData("one-commit", "\nparent ", "\nparent dddddddddddddddddddddddddddddddddddddddd\nparent ")]
    [InlineData("one-commit", "parent " + Parent + "\n", "")]
    [InlineData("commit-trailers", "Dispatch: d1", "Dispatch: d2")]
    [InlineData("commit-trailers", "Turn: t1", "Turn: t1\nTurn: t2")]
    [InlineData("commit-trailers", "user:ada", "schedule:ada")]
    [InlineData("commit-trailers", "Runner: claude-code\n", "Runner: claude-code\nSigned-off-by: eve\n")]
    [InlineData("commit-trailers", "Record it\n\n", "Record it\n\nMore text\n\n")]
    [InlineData("commit-message", "Record it", "")]
    [InlineData("commit-message", "Record it", "Record\u001b[31m it")]
    [InlineData("commit-message", "Record it", "0123456789012345678901234567890123456789012345678901234567890123456789012")]
    public void Anything_else_is_refused_by_name(string rule, string from, string to)
    {
        Assert.Contains(from, Good, StringComparison.Ordinal);
        var failure = Assert.Throws<VexaException>(() => Check(Good.Replace(from, to, StringComparison.Ordinal)));

        Assert.Equal((rule, Stage.WorkspaceCommit, Party.Agent), (failure.Rule, failure.Stage, failure.Party));
    }

    private static AgentCommit Check(string text) => CommitText.Check(Sha, Parent, Encoding.UTF8.GetBytes(text), Request, DateTimeOffset.FromUnixTimeSeconds(1790000100));

    private static ReceiveRequest Request => new()
    {
        Dispatch = Id.Parse<DispatchId>("d1"),
        Turn = Id.Parse<TurnId>("t1"),
        Subject = Id.Parse<SubjectId>("ada"),
        Launcher = Launcher.User(Id.Parse<SubjectId>("ada")),
        Runner = Id.Parse<RunnerName>("claude-code"),
        Bundle = Stream.Null,
    };
}
