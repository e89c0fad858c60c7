using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Worker;

public sealed class TurnTests
{
    [Fact]
    public async Task A_turn_streams_its_answer_commits_once_on_the_base_and_ends_with_one_terminal_frame()
    {
        await using var worker = await WorkerProcess.Prepare("""
            echo "Recording."; echo "Acme renewed" >> notes.md; git commit -qam "own commit of the agent" ; mkdir deals; echo x > deals/acme.md; touch .DS_Store; echo "Done."
            """);
        worker.Door.Prompt("t1", "Record that Acme renewed at the Q3 pricing, effective July 1, and tell everybody who asked\nabout it");
        worker.Start();

        var frames = await worker.Door.TurnOf("t1");

        Assert.Equal("agent-starting", Assert.IsType<Phase>(frames[0]).Name);
        Assert.Equal("Recording.\nDone.\n", string.Concat(frames.OfType<MessageDelta>().Select(delta => delta.Text)));
        Assert.Equal(["agent-starting", "committing"], frames.OfType<Phase>().Select(phase => phase.Name));
        var end = Assert.Single(frames.OfType<TurnComplete>());
        Assert.Same(end, frames[^1]);
        Assert.True(end.Ok);
        Assert.Equal("Recording.\nDone.", end.Reply);
        Assert.Equal(Enumerable.Range(1, frames.Count).Select(n => (long)n), frames.Select(frame => frame.Seq));

        var bundle = Assert.Single(worker.Door.Bundles);
        Assert.Equal("t1", bundle.Turn);
        var clone = worker.Apply(bundle);
        Assert.Equal(worker.Base, WorkerProcess.GitIn(clone, "rev-parse", "main^").Trim());
        Assert.Equal("deals/acme.md\nnotes.md\n", WorkerProcess.GitIn(clone, "diff", "--name-only", "main^", "main"));
        Assert.Equal("ada <ada@vexa.local>|Vexa <vexa@vexa.local>", WorkerProcess.GitIn(clone, "log", "-1", "--format=%an <%ae>|%cn <%ce>", "main").Trim());
        Assert.Equal("""
            Record that Acme renewed at the Q3 pricing, effective July 1, and...

            Dispatch: d-1
            Turn: t1
            Launcher: user:ada
            Runner: script

            """, WorkerProcess.GitIn(clone, "log", "-1", "--format=%B", "main").TrimEnd('\n') + "\n");
    }

    [Fact]
    public async Task A_second_turn_resumes_the_session_and_commits_on_the_first_commit()
    {
        await using var worker = await WorkerProcess.Prepare("""
            echo "$1 $2" ; echo "$3" >> notes.md; mkdir -p "$STATE/projects/p"; echo s >> "$STATE/projects/p/$2.jsonl"
            """);
        worker.Door.Prompt("t1", "one");
        worker.Door.Prompt("t2", "two");
        worker.Start();

        var first = Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t1"))[^1]);
        var second = Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t2"))[^1]);

        Assert.Equal($"new {first.Session}", first.Reply);
        Assert.Equal($"resume {first.Session}", second.Reply);
        Assert.Equal(first.Session, second.Session);
        Assert.True(File.Exists(Path.Combine(worker.Workspace, ".vexa/sessions/script/p", first.Session + ".jsonl")));
        Assert.Equal(2, worker.Door.Bundles.Count);
        var clone = worker.Apply(worker.Door.Bundles.First());
        await File.WriteAllBytesAsync(clone + ".2", worker.Door.Bundles.Last().Bytes, TestContext.Current.CancellationToken);
        WorkerProcess.GitIn(clone, "fetch", "--quiet", clone + ".2", "refs/heads/main:refs/heads/main");
        Assert.Equal($"{worker.Base}\n", WorkerProcess.GitIn(clone, "rev-parse", "main~2"));
    }

    [Fact]
    public async Task A_session_named_in_the_order_is_resumed()
    {
        await using var worker = await WorkerProcess.Prepare("echo \"$1 $2\"");
        worker.Door.Prompt("t1", "go on");
        worker.Start(session: "abc");

        Assert.Equal("resume abc", Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t1"))[^1]).Reply);
        Assert.Empty(worker.Door.Bundles);
    }

    [Fact]
    public async Task The_agent_sees_a_clean_environment_and_nothing_of_the_order()
    {
        await using var worker = await WorkerProcess.Prepare("env; ls -l /proc/self/fd; cat /proc/self/stat");
        worker.Door.Prompt("t1", "look");
        worker.Start();

        var reply = Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t1"))[^1]).Reply!;

        Assert.DoesNotContain("VEXA_", reply, StringComparison.Ordinal);
        Assert.Contains("FROM_RUNNER=yes", reply, StringComparison.Ordinal);
        Assert.Contains("GIT_AUTHOR_NAME=ada", reply, StringComparison.Ordinal);
        Assert.Contains("0 -> /dev/null", reply, StringComparison.Ordinal);
        Assert.DoesNotContain("socket:", reply, StringComparison.Ordinal);
        Assert.Matches("BASE_URL=http://127.0.0.1:[0-9]+/anthropic", reply);
    }

    [Fact]
    public async Task A_runner_that_is_not_in_the_image_is_one_clear_error()
    {
        await using var worker = await WorkerProcess.Prepare("true");
        worker.Door.Prompt("t1", "x");
        worker.Start(command: "nowhere");

        await Failed(worker, Party.Operator, "'nowhere'");
    }

    [Fact]
    public async Task A_prompt_that_no_command_line_can_hold_is_one_clear_error()
    {
        await using var worker = await WorkerProcess.Prepare("true");
        worker.Door.Prompt("t1", new string('x', 200_000));
        worker.Start();

        await Failed(worker, Party.Caller, "128 KiB");
    }

    [Theory]
    [InlineData("echo hello; echo not json; printf '\\000\\033[31mred'", "none of them")]
    [InlineData("echo 'it broke' >&2; exit 3", "exit code 3")]
    [InlineData("kill -SEGV $$", "SIGSEGV")]
    [InlineData("true", "without an answer")]
    [InlineData("echo '{\"type\":\"system\",\"subtype\":\"init\"}'", "before its turn was over")]
    [InlineData("echo '{\"type\":\"result\",\"subtype\":\"error_during_execution\",\"is_error\":true,\"errors\":[\"No conversation found\"]}'", "No conversation found")]
    public async Task A_runner_that_ends_without_a_result_is_one_clear_error(string script, string said)
    {
        await using var worker = await WorkerProcess.Prepare(script);
        worker.Door.Prompt("t1", "x");
        worker.Start(StreamFormat.ClaudeStreamJson);

        await Failed(worker, Party.Agent, said);
    }

    [Fact]
    public async Task A_runner_that_lingers_after_its_result_is_ended_and_its_result_stands()
    {
        await using var worker = await WorkerProcess.Prepare("""
            echo '{"type":"result","subtype":"success","is_error":false,"result":"fine","session_id":"s9"}'; sleep 1000
            """);
        worker.Door.Prompt("t1", "x");
        worker.Start(StreamFormat.ClaudeStreamJson);

        var end = Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t1"))[^1]);

        Assert.True(end.Ok);
        Assert.Equal(("fine", "s9"), (end.Reply, end.Session));
    }

    [Fact]
    public async Task Processes_left_behind_by_the_runner_are_gone_before_the_commit()
    {
        await using var worker = await WorkerProcess.Prepare("(setsid bash -c 'while true; do echo x >> later; sleep 0.01; done' &) ; sleep 0.2; echo ok");
        worker.Door.Prompt("t1", "x");
        worker.Start();

        var end = Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t1"))[^1]);

        Assert.True(end.Ok);
        Assert.Empty(Below(worker.Process.Id));
    }

    [Fact]
    public async Task A_gigabyte_without_a_line_end_leaves_the_workers_memory_flat()
    {
        await using var worker = await WorkerProcess.Prepare("head -c 1073741824 /dev/zero | tr '\\000' 'a'");
        worker.Door.Prompt("t1", "x");
        worker.Start();

        var frames = await worker.Door.TurnOf("t1");

        Assert.InRange(worker.PeakMegabytes, 1, 160);
        Assert.InRange(frames.OfType<MessageDelta>().Sum(delta => delta.Text.Length), 1, 2 * 1024 * 1024);
    }

    [Fact]
    public async Task A_flood_of_lines_is_capped_with_one_notice_and_the_turn_still_ends()
    {
        await using var worker = await WorkerProcess.Prepare("yes 'a line of the flood' | head -c 200000000");
        worker.Door.Prompt("t1", "x");
        worker.Start();

        var frames = await worker.Door.TurnOf("t1");

        Assert.Equal("too-much-output", Assert.Single(frames.OfType<Rejected>()).Rule);
        Assert.InRange(worker.PeakMegabytes, 1, 160);
        Assert.True(Assert.IsType<TurnComplete>(frames[^1]).Ok);
    }

    [Fact]
    public async Task A_git_repository_inside_of_the_workspace_is_left_out_with_a_notice_and_the_rest_is_committed()
    {
        await using var worker = await WorkerProcess.Prepare("""
            git init -q full; echo a > full/a; (cd full; git add .; git commit -qm x); git init -q empty; echo b > beside.md; echo ok
            """);
        worker.Door.Prompt("t1", "x");
        worker.Start();

        var frames = await worker.Door.TurnOf("t1");

        Assert.True(Assert.IsType<TurnComplete>(frames[^1]).Ok);
        Assert.All(frames.OfType<Rejected>(), rejected => Assert.Equal("nested-repository", rejected.Rule));
        Assert.Contains(frames.OfType<Rejected>(), rejected => rejected.Message.Contains("full", StringComparison.Ordinal));
        var clone = worker.Apply(Assert.Single(worker.Door.Bundles));
        Assert.Equal("beside.md\n", WorkerProcess.GitIn(clone, "diff", "--name-only", "main^", "main"));
    }

    [Theory]
    [InlineData("git checkout -q -b other; echo x > x; git add x; git commit -qm y; git checkout -q main; echo z >> notes.md; git commit -qam c; echo w >> notes.md; git merge -q other --no-commit >/dev/null; echo ok")]
    [InlineData("git checkout -q --detach; echo x > x; echo ok")]
    [InlineData("echo x > x; printf '#!/bin/sh\\nexit 1\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; git config commit.gpgsign true; echo ok")]
    [InlineData("echo x > x; touch .git/index.lock; echo ok")]
    [InlineData("git checkout -q -b main2; git branch -q -D main; echo x > x; echo ok")]
    public async Task Whatever_state_the_agent_leaves_git_in_the_turn_is_one_commit_on_the_base(string script)
    {
        await using var worker = await WorkerProcess.Prepare(script);
        worker.Door.Prompt("t1", "x");
        worker.Start();

        Assert.True(Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t1"))[^1]).Ok);
        var clone = worker.Apply(Assert.Single(worker.Door.Bundles));
        Assert.Equal($"{worker.Base}\n", WorkerProcess.GitIn(clone, "log", "-1", "--format=%P", "main"));
        Assert.Contains("x\n", WorkerProcess.GitIn(clone, "ls-tree", "--name-only", "main"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_nested_repository_is_left_out_among_more_files_than_git_names_in_four_megabytes()
    {
        await using var worker = await WorkerProcess.Prepare("""
            git init -q zz-nested; (cd zz-nested; echo x > x; git add x; git -c user.name=a -c user.email=a commit -qm x)
            name=$(printf '%0220d' 0); mkdir many; cd many; for i in $(seq 14000); do : > $name$i; done; echo Done.
            """);
        worker.Door.Prompt("t1", "make many");
        worker.Start();

        var frames = await worker.Door.TurnOf("t1");

        Assert.True(Assert.IsType<TurnComplete>(frames[^1]).Ok);
        Assert.Equal("nested-repository", Assert.Single(frames.OfType<Rejected>()).Rule);
        var clone = worker.Apply(Assert.Single(worker.Door.Bundles));
        var files = WorkerProcess.GitIn(clone, "diff", "--name-only", "main^", "main").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(14_000, files.Length);
        Assert.DoesNotContain("zz-nested", files);
    }

    [Fact]
    public async Task A_planted_link_in_place_of_the_session_folder_is_refused()
    {
        await using var worker = await WorkerProcess.Prepare("echo ok");
        Directory.CreateSymbolicLink(Path.Combine(worker.Workspace, ".vexa"), "/tmp");
        worker.Door.Prompt("t1", "x");
        worker.Start();

        await Failed(worker, Party.Agent, ".vexa");
    }

    [Fact]
    public async Task A_read_only_workspace_is_not_committed()
    {
        await using var worker = await WorkerProcess.Prepare("echo ok; echo x > x");
        worker.Door.Prompt("t1", "x");
        worker.Start(mode: AccessMode.Ro);

        Assert.True(Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t1"))[^1]).Ok);
        Assert.Empty(worker.Door.Bundles);
    }

    private static async Task Failed(WorkerProcess worker, Party party, string said)
    {
        var frames = await worker.Door.TurnOf("t1");
        var error = Assert.Single(frames.OfType<Error>());
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Equal(party, error.Party);
        Assert.NotEmpty(error.Hint);
        Assert.False(Assert.IsType<TurnComplete>(frames[^1]).Ok);
    }

    internal static List<int> Below(int parent) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out var pid) ? pid : 0)
            .Where(pid => pid > 0 && ParentOf(pid) == parent),
    ];

    private static int ParentOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
