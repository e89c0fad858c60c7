using System.Text;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Worker;

public sealed class DoorFaultTests
{
    private const string Counting = "for i in $(seq 1 300); do echo $i; done";

    [Theory]
    [InlineData(DoorFault.Unavailable)]
    [InlineData(DoorFault.DropBefore)]
    [InlineData(DoorFault.DropAfter)]
    public async Task A_failing_door_loses_and_doubles_no_frame(object fault)
    {
        await using var worker = await WorkerProcess.Prepare(Counting);
        worker.Door.Fail("/v1/events", (DoorFault)fault, times: 3);
        worker.Door.Prompt("t1", "x");
        worker.Start();

        var frames = await worker.Door.TurnOf("t1");

        Assert.Equal(Enumerable.Range(1, 300).Select(n => $"{n}\n"), frames.OfType<MessageDelta>().Select(delta => delta.Text));
        Assert.Equal(2, frames.OfType<Phase>().Count());
        Assert.True(Assert.IsType<TurnComplete>(frames[^1]).Ok);
    }

    [Fact]
    public async Task Frames_are_gathered_into_batches_of_at_most_64()
    {
        await using var worker = await WorkerProcess.Prepare("seq 1 5000");
        worker.Door.Prompt("t1", "x");
        worker.Start();

        var frames = await worker.Door.TurnOf("t1");

        Assert.Equal(5000, frames.OfType<MessageDelta>().Count());
        Assert.Equal(frames.Count, worker.Door.Batches.Sum());
        Assert.InRange(worker.Door.Batches.Max(), 2, 64);
    }

    [Fact]
    public async Task An_inbox_that_fails_at_first_delays_the_turn_only()
    {
        await using var worker = await WorkerProcess.Prepare("echo ok");
        worker.Door.Fail("/v1/inbox", DoorFault.Unavailable, times: 2);
        worker.Door.Prompt("t1", "x");
        worker.Start();

        var frames = await worker.Door.TurnOf("t1");

        Assert.Equal("agent-starting", Assert.IsType<Phase>(frames[0]).Name);
        Assert.True(Assert.IsType<TurnComplete>(frames[^1]).Ok);
    }

    [Fact]
    public async Task A_frame_that_the_door_refuses_is_replaced_by_a_note_and_the_rest_goes_on()
    {
        await using var worker = await WorkerProcess.Prepare("sleep 0.3; echo bad");
        worker.Door.Prompt("t1", "x");
        worker.Start();
        await worker.Door.Saw<Phase>(_ => true);
        worker.Door.Fail("/v1/events", DoorFault.BadRequest, times: 2);

        var frames = await worker.Door.TurnOf("t1");

        Assert.Equal("bad-frame", Assert.Single(frames.OfType<Rejected>()).Rule);
        Assert.True(Assert.IsType<TurnComplete>(frames[^1]).Ok);
    }

    [Fact]
    public async Task A_full_stream_is_told_once_in_every_turn_and_each_goes_on_to_its_end_without_the_output()
    {
        await using var worker = await WorkerProcess.Prepare("seq 1 1000");
        worker.Door.HasNoRoomFor = frame => frame is MessageDelta;
        worker.Door.Prompt("t1", "x");
        worker.Door.Prompt("t2", "x");
        worker.Start();

        foreach (var turn in (string[])["t1", "t2"])
        {
            var frames = await worker.Door.TurnOf(turn);

            Assert.Equal("stream-full", Assert.Single(frames.OfType<Rejected>()).Rule);
            Assert.Empty(frames.OfType<MessageDelta>());
            Assert.True(Assert.IsType<TurnComplete>(frames[^1]).Ok);
        }
    }

    [Fact]
    public async Task A_stream_that_takes_not_even_a_note_still_gets_the_end_of_every_turn()
    {
        await using var worker = await WorkerProcess.Prepare("seq 1 1000");
        worker.Door.HasNoRoomFor = frame => frame is not TurnComplete;
        worker.Door.Prompt("t1", "x");
        worker.Door.Prompt("t2", "x");
        worker.Start();

        foreach (var turn in (string[])["t1", "t2"])
            Assert.True(Assert.IsType<TurnComplete>(Assert.Single(await worker.Door.TurnOf(turn))).Ok);
    }

    [Fact]
    public async Task A_dispatch_that_has_ended_stops_the_runner_and_the_worker()
    {
        await using var worker = await WorkerProcess.Prepare("while true; do echo x; sleep 0.05; done");
        worker.Door.Prompt("t1", "x");
        worker.Start();
        await worker.Door.Saw<MessageDelta>(_ => true);
        worker.Door.Fail("/v1/events", DoorFault.Ended, times: 1000);

        Assert.Equal(2, await worker.Exit());
    }

    [Fact]
    public async Task A_token_that_is_not_accepted_ends_the_worker()
    {
        await using var worker = await WorkerProcess.Prepare("true");
        worker.Door.Tokens.Clear();
        worker.Start();

        Assert.Equal(2, await worker.Exit());
    }

    [Fact]
    public async Task Storage_that_is_away_for_a_moment_is_waited_for_and_said_so()
    {
        await using var worker = await WorkerProcess.Prepare("echo x > x; echo ok");
        worker.Door.Fail("/v1/workspaces", DoorFault.Unavailable, times: 2);
        worker.Door.Prompt("t1", "x");
        worker.Start();

        var frames = await worker.Door.TurnOf("t1");

        Assert.Equal(["agent-starting", "committing", "waiting-for-storage"], frames.OfType<Phase>().Select(phase => phase.Name));
        Assert.True(Assert.IsType<TurnComplete>(frames[^1]).Ok);
        Assert.Single(worker.Door.Bundles);
    }

    [Fact]
    public async Task Refused_work_stays_in_the_working_copy_and_goes_with_the_next_turn()
    {
        await using var worker = await WorkerProcess.Prepare("echo \"$3\" > \"$3\"; echo ok");
        worker.Door.Judge = bundle => bundle.Turn == "t1" ? FakeDoor.ProblemOf(422, "path-escapes") : null;
        worker.Door.Prompt("t1", "one");
        worker.Door.Prompt("t2", "two");
        worker.Start();

        var first = await worker.Door.TurnOf("t1");
        var second = await worker.Door.TurnOf("t2");

        Assert.Equal(("The door says path-escapes.", "Mend it."), (Assert.Single(first.OfType<Error>()).Message, first.OfType<Error>().Single().Hint));
        Assert.False(Assert.IsType<TurnComplete>(first[^1]).Ok);
        Assert.True(Assert.IsType<TurnComplete>(second[^1]).Ok);
        var clone = worker.Apply(Assert.Single(worker.Door.Bundles));
        Assert.Equal("one\ntwo\n", WorkerProcess.GitIn(clone, "diff", "--name-only", worker.Base, "main"));
        Assert.Equal($"{worker.Base}\n", WorkerProcess.GitIn(clone, "log", "-1", "--format=%P", "main"));
    }

    [Fact]
    public async Task An_idle_worker_closes_its_inbox_and_exits()
    {
        await using var worker = await WorkerProcess.Prepare("echo ok");
        worker.Door.Prompt("t1", "x");
        worker.Start(idleSeconds: 1);

        await worker.Door.TurnOf("t1");

        Assert.Equal(0, await worker.Exit());
        Assert.True(worker.Door.InboxIsClosed);
    }

    [Fact]
    public async Task A_message_that_arrives_while_the_inbox_is_being_closed_is_answered()
    {
        await using var worker = await WorkerProcess.Prepare("echo \"$3\"");
        worker.Door.Prompt("t1", "x");
        worker.Door.BeforeClose = () =>
        {
            worker.Door.Prompt("t2", "late");
            return Task.CompletedTask;
        };
        worker.Start(idleSeconds: 1);

        Assert.Equal("late", Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t2"))[^1]).Reply);
        Assert.Equal(0, await worker.Exit());
    }

    [Fact]
    public async Task A_message_that_was_read_while_the_close_of_the_inbox_is_tried_again_is_answered()
    {
        await using var worker = await WorkerProcess.Prepare("echo \"$3\"");
        // A connection that breaks is tried again with the same words; only then does the worker look for its words anew.
        worker.Door.Fail("/v1/inbox/close", DoorFault.DropAfter);
        worker.Door.Fail("/v1/inbox/close", DoorFault.Unavailable);
        worker.Door.Prompt("t1", "x");
        worker.Door.BeforeClose = () =>
        {
            worker.Door.Prompt("t2", "late");
            // It asks for what comes after t2: so t2 is in its queue when it tries again.
            return Until.IsTrue(() => Task.FromResult(worker.Door.Requests.Count(request => request == "GET /v1/inbox") > 2 ? "" : null));
        };
        worker.Start(idleSeconds: 1);

        Assert.Equal("late", Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t2"))[^1]).Reply);
        Assert.Equal(0, await worker.Exit());
    }

    [Fact]
    public async Task The_runner_reaches_the_model_through_the_forwarder_without_a_token()
    {
        await using var worker = await WorkerProcess.Prepare("""
            curl -sS -X POST --data-binary @<(head -c 300000 /dev/zero) "$BASE_URL/v1/messages"; echo; curl -sS "$BASE_URL/a" "$BASE_URL/b"; echo
            """);
        worker.Door.Prompt("t1", "x");
        worker.Start();

        var reply = Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t1"))[^1]).Reply;

        Assert.Equal("model got 300000 bytes at /anthropic/v1/messages\nmodel got 0 bytes at /anthropic/amodel got 0 bytes at /anthropic/b", reply);
        Assert.Contains("POST /v1/bind", worker.Door.Requests);
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_expires_and_the_new_one_is_used()
    {
        var token = Token(lives: 6);
        await using var worker = await WorkerProcess.Prepare("while [ ! -e go ]; do sleep 0.05; done; curl -sS \"$BASE_URL/x\"", token);
        worker.Door.Renew = () =>
        {
            var next = Token(lives: 900);
            worker.Door.Tokens.Clear();
            worker.Door.Tokens[next] = true;
            return next;
        };
        worker.Door.Prompt("t1", "x");
        worker.Start();
        await Until.IsTrue(() => Task.FromResult(worker.Door.Requests.Contains("POST /v1/token") ? "" : null));
        await File.WriteAllTextAsync(Path.Combine(worker.Workspace, "go"), "", TestContext.Current.CancellationToken);

        Assert.Equal("model got 0 bytes at /anthropic/x", Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t1"))[^1]).Reply);
    }

    private static string Token(int lives)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = $$"""{"iat":{{now}},"exp":{{now + lives}}}""";
        return $"e30.{System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.sig";
    }
}
