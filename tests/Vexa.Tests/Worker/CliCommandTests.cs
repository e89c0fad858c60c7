using System.Text;
using System.Text.Json;
using Vexa.Worker;
using Vexa.Worker.Commits;
using Vexa.Worker.Door;
using Vexa.Worker.Processes;
using Vexa.Worker.Runners;

namespace Vexa.Tests.Worker;

public sealed class CliCommandTests
{
    [Fact]
    public void A_first_turn_fills_argv_argument_by_argument()
    {
        var runner = Runner() with { Argv = ["x", "--id={session}", "{mcp_config}", "[{system_prompt}]", "{model}", "{unknown}", "{prompt}", "a{b"] };

        Assert.Equal(
            ["x", "--id=fresh", """{"mcpServers":{}}""", "[]", "", "{unknown}", "say {session} and {model}; $(rm)", "a{b"],
            CliCommand.Argv(runner, "say {session} and {model}; $(rm)", session: null, fresh: "fresh"));
    }

    [Fact]
    public void A_later_turn_takes_resume_argv_with_the_known_session() =>
        Assert.Equal(["agent", "--resume", "s1", "hi"], CliCommand.Argv(Runner(), "hi", session: "s1", fresh: "fresh"));

    [Fact]
    public void A_runner_without_resume_argv_gets_the_known_session_in_argv() =>
        Assert.Equal(["agent", "--id", "s1", "hi"], CliCommand.Argv(Runner() with { ResumeArgv = null }, "hi", session: "s1", fresh: "fresh"));

    [Fact]
    public void The_environment_is_exactly_this()
    {
        var options = new WorkerOptions(Order(), new WorkerPaths());

        Assert.Equal(new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/opt/runners/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ["HOME"] = "/home/agent",
            ["USER"] = "agent",
            ["LANG"] = "C.UTF-8",
            ["TERM"] = "dumb",
            ["GIT_AUTHOR_NAME"] = "ada",
            ["GIT_AUTHOR_EMAIL"] = "ada@vexa.local",
            ["GIT_COMMITTER_NAME"] = "Vexa",
            ["GIT_COMMITTER_EMAIL"] = "vexa@vexa.local",
            ["QUIET"] = "1",
            ["BASE"] = "http://127.0.0.1:4711/anthropic",
            ["KEY"] = "the-door-adds-the-real-one",
            ["STATE"] = "/home/agent/.state/echo",
        }, new SortedDictionary<string, string>(CliCommand.Env(options, 4711).ToDictionary(), StringComparer.Ordinal));
    }

    [Fact]
    public void The_first_writable_mount_is_home_and_else_the_first()
    {
        var ro = new WorkloadMount(Sample.Company, "/workspaces/company", AccessMode.Ro, "c");
        var rw = new WorkloadMount(Sample.Home, "/workspaces/home", AccessMode.Rw, "c");

        Assert.Equal(rw, new WorkerOptions(Order() with { Mounts = [ro, rw] }, new()).HomeMount);
        Assert.Equal(ro, new WorkerOptions(Order() with { Mounts = [ro] }, new()).HomeMount);
        Assert.Null(new WorkerOptions(Order() with { Mounts = [] }, new()).HomeMount);
    }

    [Theory]
    [InlineData(0x0000, "exit code 0")]
    [InlineData(0x0300, "exit code 3")]
    [InlineData(0x0009, "signal 9 (SIGKILL)")]
    [InlineData(0x008B, "signal 11 (SIGSEGV)")]
    public void A_wait_status_is_a_code_or_a_signal(int status, string said) => Assert.Equal(said, ExitStatus.FromWait(status).ToString());

    [Theory]
    [InlineData("Record it", "Record it")]
    [InlineData("  two\n\nlines\tand \u001b[31mcolour ", "two lines and colour")]
    [InlineData("\n \n", "Turn t-1")]
    [InlineData("Record that Acme renewed at the Q3 pricing, effective July 1, and then tell all", "Record that Acme renewed at the Q3 pricing, effective July 1, and...")]
    public void A_commits_subject_is_the_shortened_prompt(string prompt, string subject)
    {
        var message = CommitMessage.For(Order(), new Prompt(Id.Parse<TurnId>("t-1"), prompt, "ada"));

        Assert.Equal($"{subject}\n\nDispatch: d-1\nTurn: t-1\nLauncher: user:ada\nRunner: echo\n", message);
    }

    [Fact]
    public void A_long_word_is_cut_to_72_characters_without_splitting_a_pair()
    {
        var subject = CommitMessage.For(Order(), new Prompt(Id.Parse<TurnId>("t-1"), "x" + string.Concat(Enumerable.Repeat("😀", 200)), "ada")).Split('\n')[0];

        Assert.InRange(subject.Length, 60, 72);
        Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(subject)));
    }

    [Fact]
    public void The_opening_frame_is_what_the_serialiser_writes()
    {
        var frame = JsonSerializer.SerializeToUtf8Bytes(
            new EventAppend(1, [new Phase("agent-starting") { Turn = Id.Parse<TurnId>("t-1") }]), VexaJson.Default.EventAppend);

        Assert.Equal(Encoding.UTF8.GetString(frame), Encoding.UTF8.GetString(Opening.FirstFrame("t-1")));
    }

    [Fact]
    public void The_opening_finds_the_turn_of_the_first_prompt_and_nothing_else()
    {
        var evil = new Prompt(Id.Parse<TurnId>("t-1"), "\"turn\":\"evil\",\"type\":\"prompt\"", "ada") { Seq = 1 };
        var next = new Prompt(Id.Parse<TurnId>("t-2"), "x", "ada") { Seq = 2 };
        var cancel = new Cancel(Id.Parse<TurnId>("t-1")) { Seq = 3 };

        Assert.Equal("t-1", Turn(evil, next));
        Assert.Null(Turn(evil, cancel));
        Assert.Null(Turn(cancel, evil));
        Assert.Null(Turn());
        Assert.Null(Opening.FirstTurn("{\"messages\":[{\"type\":\"prompt\",\"turn\":\"BAD\"}]}"u8));

        static string? Turn(params UnitMessage[] messages) => Opening.FirstTurn(JsonSerializer.SerializeToUtf8Bytes(new Inbox(messages), VexaJson.Default.Inbox));
    }

    [Theory]
    [InlineData("""{"iat":1000,"exp":1900}""", 900)]
    [InlineData("""{"exp":1900}""", null)]
    [InlineData("""{"iat":1900,"exp":1900}""", null)]
    [InlineData("""{"iat":1,"exp":"soon"}""", null)]
    [InlineData("[]", null)]
    [InlineData("no json", null)]
    public void A_tokens_life_is_read_from_its_claims(string claims, int? seconds)
    {
        var token = $"e30.{System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.sig";

        Assert.Equal(seconds, (int?)DoorToken.LifeOf(token)?.Lifetime.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a.!!.c")]
    public void A_token_that_is_none_has_no_life(string token) => Assert.Null(DoorToken.LifeOf(token));

    [Theory]
    [InlineData("{", "--door", "x")]
    [InlineData(null)]
    [InlineData("null")]
    [InlineData("{}")]
    public void An_order_that_cannot_be_understood_is_refused(string? order, params string[] args) =>
        Assert.Equal("worker-order", Assert.Throws<VexaException>(() => WorkerOptions.From(WorkerPaths.From(args), order)).Rule);

    [Theory]
    [InlineData("--door")]
    [InlineData("--nothing", "x")]
    public void An_unknown_option_is_refused(params string[] args) =>
        Assert.Equal("worker-order", Assert.Throws<VexaException>(() => WorkerPaths.From(args)).Rule);

    private static AgentRunner Runner() => new()
    {
        Name = Id.Parse<RunnerName>("echo"),
        Image = "agent",
        Argv = ["agent", "--id", "{session}", "{prompt}"],
        ResumeArgv = ["agent", "--resume", "{session}", "{prompt}"],
        Turns = RunnerTurns.Process,
        Stream = StreamFormat.Text,
        Session = new RunnerSession { Path = ".vexa/sessions/echo" },
        Inference = new RunnerInference { Dialect = InferenceDialect.Anthropic, BaseUrlEnv = "BASE", KeyEnv = "KEY" },
        Env = new Dictionary<string, string> { ["QUIET"] = "1" },
        HomeEnv = "STATE",
    };

    private static WorkerOrder Order() => new()
    {
        Dispatch = Id.Parse<DispatchId>("d-1"),
        Subject = Id.Parse<SubjectId>("ada"),
        Launcher = Launcher.User(Id.Parse<SubjectId>("ada")),
        Runner = Runner(),
        Mounts = [],
        IdleSeconds = 1,
    };
}
