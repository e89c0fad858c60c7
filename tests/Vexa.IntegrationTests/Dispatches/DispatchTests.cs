using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>The main job, through the front door, with the real Claude Code in a real container.</summary>
[Collection(nameof(SharedStack))]
public sealed class DispatchTests(StackFixture fixture)
{
    private RunningStack Stack => fixture.Stack;

    [Fact]
    public async Task An_agent_does_its_job_in_a_container_and_its_commit_is_durable_before_the_turn_is_complete()
    {
        var home = await Stack.CreateWorkspace("job", new Dictionary<string, string> { ["README.md"] = "# Job\n" });
        var log = await Stack.Ask("Note tea", runner: "claude-code", workspaces: [new(home, AccessMode.Rw)]);

        Assert.True(log.Complete.Ok, log.Error?.Message);
        Assert.Equal("Noted tea.", log.Complete.Reply);
        Assert.Equal(Enumerable.Range(1, log.Events.Count).Select(i => (long)i), log.Events.Select(e => e.Seq));
        Assert.IsType<TurnAccepted>(log.Events[0]);
        Assert.IsType<TurnComplete>(log.Events[^1]);
        Assert.Equal("Write", Assert.Single(log.Events.OfType<ToolCall>()).Tool);
        Assert.True(Assert.Single(log.Events.OfType<ToolResult>()).Ok);
        Assert.NotEmpty(log.Events.OfType<Usage>());
        var commit = Assert.Single(log.Events.OfType<Commit>());
        Assert.True(commit.Seq < log.Complete.Seq);
        Assert.Equal("tea", (await Stack.ReadFile(home, "notes/tea.md")).Trim());

        var run = await Stack.AwaitEnd(log.Dispatch);
        Assert.Equal($"vexa-agent-{log.Dispatch}", run.Container);
        Assert.True(Assert.Single(run.Turns).Ok);
        Assert.IsType<End>((await Stack.Events(log.Dispatch))[^1]);
    }

    [Fact]
    public async Task A_second_message_resumes_from_the_session_file_in_a_fresh_container()
    {
        var home = await Stack.CreateWorkspace("resume", new Dictionary<string, string> { ["README.md"] = "# Resume\n" });
        var first = await Stack.Ask("Note milk", runner: "claude-code", workspaces: [new(home, AccessMode.Rw)]);
        Assert.True(first.Complete.Ok, first.Error?.Message);
        await Stack.AwaitEnd(first.Dispatch);

        var second = await Stack.Ask("What did I note?", first.Session);

        Assert.Equal("You noted milk.", second.Complete.Reply);
        Assert.NotEqual(first.Dispatch, second.Dispatch);
        Assert.Equal(first.Complete.Session, (await Stack.ReadRun(second.Dispatch)).Resumes);
    }

    [Fact]
    public async Task Without_the_session_nothing_is_remembered()
    {
        var log = await Stack.Ask("What did I note?", runner: "claude-code");
        Assert.Equal("I do not know.", log.Complete.Reply);
    }

    [Fact]
    public async Task A_message_for_a_living_container_starts_no_other()
    {
        var first = await Stack.Ask("echo one > one.txt; echo done", idle: 30);
        var second = await Stack.Ask("cat one.txt", first.Session, idle: 30);

        Assert.Equal(first.Dispatch, second.Dispatch);
        Assert.NotEqual(first.Turn, second.Turn);
        Assert.Contains("one", second.Text, StringComparison.Ordinal);
        Assert.All(second.Events, e => Assert.Equal(second.Turn, e.Turn));
    }

    [Fact]
    public async Task Messages_sent_at_once_are_turns_of_their_own_each_with_its_own_end()
    {
        var first = await Stack.Ask("echo ready", idle: 30);
        var logs = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => Stack.Ask($"echo answer-{i}", first.Session, idle: 30)));

        for (var i = 0; i < logs.Length; i++)
        {
            Assert.True(logs[i].Complete.Ok, logs[i].Error?.Message);
            Assert.Contains($"answer-{i}", logs[i].Text, StringComparison.Ordinal);
        }

        Assert.Equal(5, logs.Select(l => l.Turn).Distinct().Count());
    }

    [Fact]
    public async Task The_same_turn_twice_is_one_turn_and_the_same_words_twice_are_two()
    {
        var turn = Id.Parse<TurnId>("t-same");
        var once = new TurnLog();
        await foreach (var _ in Stack.Chat(once, "echo x >> count.txt", turn: turn))
        {
        }

        var again = new TurnLog();
        await foreach (var _ in Stack.Chat(again, "echo x >> count.txt", turn: turn))
        {
        }

        var other = await Stack.Ask("echo x >> count.txt");
        Assert.Equal(once.Dispatch, again.Dispatch);
        Assert.Equal(once.Events.Select(e => e.Seq), again.Events.Select(e => e.Seq));
        Assert.NotEqual(once.Dispatch, other.Dispatch);
    }

    [Fact]
    public async Task A_run_can_be_taken_back()
    {
        var home = await Stack.CreateWorkspace("undo", new Dictionary<string, string> { ["a.txt"] = "before\n" });
        var log = await Stack.Ask("echo after > a.txt; echo new > b.txt", workspaces: [new(home, AccessMode.Rw)]);
        Assert.Equal("after", (await Stack.ReadFile(home, "a.txt")).Trim());

        var (exit, _, errors) = await Stack.Vexa("undo", log.Dispatch.Value);

        Assert.True(exit == 0, errors);
        Assert.Equal("before", (await Stack.ReadFile(home, "a.txt")).Trim());
        Assert.Equal("unknown-path", (await Assert.ThrowsAsync<VexaException>(() => Stack.ReadFile(home, "b.txt"))).Rule);
    }

    [Fact]
    public async Task Ctrl_C_ends_the_watching_and_tells_how_to_stop_the_run()
    {
        using var ask = Stack.StartVexa("ask", "--runner", "shell", "--idle", "1", "echo started; sleep 300");
        while (await ask.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.Contains("started", StringComparison.Ordinal))
        {
        }

        Vexa.Cli.Stack.Libc.Kill(ask.Id, 2);
        await ask.WaitForExitAsync(TestContext.Current.CancellationToken);
        var errors = await ask.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var run = errors.Split("vexa cancel ")[^1].Trim();

        Assert.Equal(130, ask.ExitCode);
        Assert.Equal(RunState.Running, (await Stack.ReadRun(Id.Parse<DispatchId>(run))).State);
        Assert.Equal(0, (await Stack.Vexa("cancel", run)).Exit);
    }

    [Fact]
    public async Task A_run_that_only_waits_is_ended_by_a_cancel_and_its_session_goes_on()
    {
        var first = await Stack.Ask("echo first", idle: 600);
        Assert.Equal(RunState.Running, (await Stack.ReadRun(first.Dispatch)).State);
        Assert.Equal(0, (await Stack.Vexa("cancel", first.Dispatch.Value)).Exit);
        await Stack.AwaitEnd(first.Dispatch);

        var second = await Stack.Ask("echo second", first.Session, idle: 1);
        Assert.Equal("second\n", second.Text);
        // Of what has ended nothing is left to stop.
        Assert.Equal(0, (await Stack.Vexa("cancel", first.Dispatch.Value)).Exit);
    }

    [Fact]
    public async Task What_a_container_printed_is_shown_by_the_id_of_its_run()
    {
        var log = await Stack.Ask("echo canary-4711 > /proc/1/fd/2; echo done", idle: 30);

        Assert.Contains("canary-4711", (await Stack.Vexa("logs", log.Dispatch.Value)).Output, StringComparison.Ordinal);
        Assert.Equal(5, (await Stack.Vexa("logs", "d-nowhere")).Exit);
    }

    [Fact]
    public async Task Workspaces_are_made_and_listed()
    {
        var (exit, _, errors) = await Stack.Vexa("workspaces", "new", "made-by-hand");
        Assert.True(exit == 0, errors);
        Assert.Contains("made-by-hand", (await Stack.Vexa("workspaces")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await Stack.Vexa("workspaces", "new", "No Such Name")).Exit);
    }

    [Fact]
    public async Task A_chat_tells_how_to_go_on_with_its_session()
    {
        using var chat = Stack.StartVexa(closeInput: false, "chat");
        await chat.StandardInput.WriteLineAsync("What did I note?");
        chat.StandardInput.Close();
        var errors = await chat.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await chat.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Matches(@"vexa chat -s s-\w+", errors);
    }

    [Fact]
    public async Task The_first_run_of_a_session_can_be_taken_back_after_the_second()
    {
        var home = await Stack.CreateWorkspace("undo-first", new Dictionary<string, string> { ["README.md"] = "# Undo\n" });
        var first = await Stack.Ask("Note bread", runner: "claude-code", workspaces: [new(home, AccessMode.Rw)]);
        await Stack.AwaitEnd(first.Dispatch);
        await Stack.Ask("What did I note?", first.Session);

        var (exit, output, errors) = await Stack.Vexa("undo", first.Dispatch.Value);
        var again = await Stack.Vexa("undo", first.Dispatch.Value);

        Assert.True(exit == 0, output + errors);
        Assert.Contains("taken back by commit", output, StringComparison.Ordinal);
        Assert.Equal("unknown-path", (await Assert.ThrowsAsync<VexaException>(() => Stack.ReadFile(home, "notes/bread.md"))).Rule);
        Assert.Equal("You noted bread.", (await Stack.Ask("What did I note?", first.Session)).Complete.Reply);
        Assert.Equal(0, again.Exit);
        Assert.Contains("It was taken back before", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_undo_that_later_work_stands_in_the_way_of_fails_and_says_why()
    {
        var home = await Stack.CreateWorkspace("undo-late", new Dictionary<string, string> { ["a.txt"] = "one\n" });
        var first = await Stack.Ask("echo two > a.txt; echo done", workspaces: [new(home, AccessMode.Rw)]);
        await Stack.Ask("echo three > a.txt; echo done", workspaces: [new(home, AccessMode.Rw)]);

        var (exit, output, _) = await Stack.Vexa("undo", first.Dispatch.Value);

        Assert.Equal(1, exit);
        Assert.Contains("Conflicts with the trunk in a.txt", output, StringComparison.Ordinal);
        Assert.Contains("mend:", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_that_write_the_same_line_lose_nothing()
    {
        var home = await Stack.CreateWorkspace("conflict", new Dictionary<string, string> { ["a.txt"] = "base\n" });
        var logs = await Task.WhenAll(
            Stack.Ask("sleep 1; echo left | tee a.txt", workspaces: [new(home, AccessMode.Rw)]),
            Stack.Ask("sleep 1; echo right | tee a.txt", workspaces: [new(home, AccessMode.Rw)]));

        Assert.All(logs, l => Assert.True(l.Complete.Ok, l.Error?.Message));
        Assert.Single(logs.SelectMany(l => l.Events).OfType<Commit>());
        Assert.Single(logs.SelectMany(l => l.Events).OfType<Proposal>());
    }
}
