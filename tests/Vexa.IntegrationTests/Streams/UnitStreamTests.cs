using Vexa.IntegrationTests.Drivers;
using Vexa.Redis;
using Vexa.Streams;

namespace Vexa.IntegrationTests.Streams;

public sealed class UnitStreamTests : IAsyncLifetime
{
    private static readonly DispatchId Dispatch = Id.Parse<DispatchId>("d-1");
    private static readonly TurnId Turn = Id.Parse<TurnId>("t-1");
    private PrivateRedis _server = null!;
    private RedisClient _redis = null!;
    private UnitStream _stream = null!;
    private UnitInbox _inbox = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PrivateRedis.Start();
        _redis = _server.Connect();
        _stream = new UnitStream(_redis, TimeProvider.System);
        _inbox = new UnitInbox(_redis, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Frames_are_numbered_from_one_without_a_gap_and_say_so_in_their_json()
    {
        await Accept(Turn);
        for (var i = 0; i < 10; i++)
            await _stream.Append(Dispatch, [Delta("x"), Delta("y")], Ct);

        var frames = await _stream.Read(Dispatch, 0, 100, Ct);
        Assert.Equal(Enumerable.Range(1, 21).Select(i => (long)i), frames.Select(f => f.Seq));
        Assert.All(frames, f => Assert.Equal(f.Seq, Parse(f).Seq));
        Assert.All(frames, f => Assert.Equal(Dispatch, Parse(f).Dispatch));
    }

    [Fact]
    public async Task A_numbered_event_is_appended_once_however_often_it_is_sent()
    {
        await Accept(Turn);
        await _stream.Append(Dispatch, "worker", 1, [Delta("1"), Delta("2")], Ct);
        await _stream.Append(Dispatch, "worker", 1, [Delta("1"), Delta("2")], Ct);
        var outcome = await _stream.Append(Dispatch, "worker", 2, [Delta("2"), Delta("3")], Ct);

        Assert.Equal((4, 3, null), (outcome.Seq, outcome.Number, outcome.Refused));
        Assert.Equal(["1", "2", "3"], (await _stream.Read(Dispatch, 1, 100, Ct)).Select(f => ((MessageDelta)Parse(f)).Text));
    }

    [Fact]
    public async Task A_gap_in_a_producers_numbers_is_refused()
    {
        await Accept(Turn);
        Assert.Equal("events-missing", (await _stream.Append(Dispatch, "worker", 2, [Delta("2")], Ct)).Refused);
    }

    [Fact]
    public async Task A_turn_has_exactly_one_terminal_frame_and_nothing_after_it()
    {
        await Accept(Turn);
        Assert.Null((await _stream.Append(Dispatch, [Complete(true)], Ct)).Refused);
        Assert.Equal("turn-closed", (await _stream.Append(Dispatch, [Complete(false)], Ct)).Refused);
        Assert.Equal("turn-closed", (await _stream.Append(Dispatch, [Delta("late")], Ct)).Refused);
        Assert.Equal("turn-exists", (await _stream.Append(Dispatch, [new TurnAccepted("user:ada") { Turn = Turn }], Ct)).Refused);
        Assert.Equal("turn-unknown", (await _stream.Append(Dispatch, [Delta("x") with { Turn = Id.Parse<TurnId>("t-2") }], Ct)).Refused);
    }

    [Fact]
    public async Task Many_that_end_a_turn_at_once_end_it_once()
    {
        await Accept(Turn);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => _stream.Append(Dispatch, [Complete(i % 2 == 0)], Ct)));

        Assert.Single(outcomes, o => o.Refused is null);
        Assert.Single(await _stream.Read(Dispatch, 0, 100, Ct), f => f.Type == EventTypes.TurnComplete);
    }

    [Fact]
    public async Task End_comes_when_no_turn_is_open_and_nothing_comes_after_it()
    {
        await Accept(Turn);
        Assert.Equal("turns-open", (await _stream.Append(Dispatch, [new End(StopReason.Completed)], Ct)).Refused);
        await _stream.Append(Dispatch, [Complete(true), new End(StopReason.Completed)], Ct);

        Assert.Equal("dispatch-ended", (await _stream.Append(Dispatch, [new End(StopReason.Lost)], Ct)).Refused);
        Assert.Equal("dispatch-ended", (await _stream.Append(Dispatch, [new TurnAccepted("user:ada") { Turn = Id.Parse<TurnId>("t-2") }], Ct)).Refused);
        var state = await _stream.State(Dispatch, Ct);
        Assert.True(state.Ended);
        Assert.Empty(state.OpenTurns);
    }

    [Fact]
    public async Task A_follower_sees_every_frame_once_while_the_server_is_killed_and_restarted()
    {
        await Accept(Turn);
        var seen = new List<long>();
        var following = Task.Run(async () =>
        {
            await foreach (var frame in _stream.Follow(Dispatch, 0, Ct))
                seen.Add(frame.Seq);
        }, Ct);

        for (var i = 1; i <= 200; i++)
        {
            if (i is 50 or 120)
            {
                await _server.Kill();
                await _server.Restart();
            }

            await Retry(() => _stream.Append(Dispatch, "worker", i, [Delta("x")], Ct));
        }

        await Retry(() => _stream.Append(Dispatch, "worker", 201, [Complete(true)], Ct));
        await Retry(() => _stream.Append(Dispatch, "control", 1, [new End(StopReason.Completed)], Ct));
        await following.WaitAsync(TimeSpan.FromSeconds(20), Ct);

        Assert.Equal(Enumerable.Range(1, 203).Select(i => (long)i), seen);
    }

    [Fact]
    public async Task A_message_wakes_the_one_who_waits_for_it()
    {
        var taking = _inbox.Take(Dispatch, 0, TimeSpan.FromSeconds(20), Ct);
        Assert.True(await _inbox.Push(Dispatch, new Prompt(Turn, "Hello", "user:ada"), Ct));

        var prompt = Assert.IsType<Prompt>(Assert.Single(await taking));
        Assert.Equal(("Hello", 1), (prompt.Text, prompt.Seq));
        Assert.Empty(await _inbox.Take(Dispatch, 1, TimeSpan.Zero, Ct));
    }

    [Fact]
    public async Task An_inbox_closes_only_when_everything_was_seen_and_then_takes_no_more()
    {
        await _inbox.Push(Dispatch, new Prompt(Turn, "Hello", "user:ada"), Ct);
        Assert.False(await _inbox.Close(Dispatch, seen: 0, Ct));
        Assert.True(await _inbox.Close(Dispatch, seen: 1, Ct));
        Assert.False(await _inbox.Push(Dispatch, new Cancel(Turn), Ct));
    }

    [Fact]
    public async Task The_prompt_of_a_turn_is_put_in_once_however_often_it_is_sent()
    {
        var prompt = new Prompt(Turn, "Hello", "user:ada");
        Assert.True(await _inbox.Push(Dispatch, prompt, Ct));
        Assert.True(await _inbox.Push(Dispatch, prompt, Ct));
        await _inbox.Push(Dispatch, new Cancel(Turn), Ct);
        await _inbox.Push(Dispatch, new Cancel(Turn), Ct);
        Assert.Equal([1L, 2, 3], (await _inbox.Take(Dispatch, 0, TimeSpan.Zero, Ct)).Select(m => m.Seq));

        // It arrived before: so it is true also where the inbox is closed by now.
        Assert.True(await _inbox.Close(Dispatch, seen: 3, Ct));
        Assert.True(await _inbox.Push(Dispatch, prompt, Ct));
    }

    [Fact]
    public async Task Hundreds_wait_for_a_message_over_one_connection()
    {
        var waiting = Enumerable.Range(1, 400).Select(i => Id.Parse<DispatchId>($"d-{i}")).Select(d => (Dispatch: d, Taking: _inbox.Take(d, 0, TimeSpan.FromSeconds(30), Ct))).ToList();
        var clients = (await _redis.Execute(RedisCommand.Of("CLIENT", "LIST"), Ct)).AsString()!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(clients.Length, 1, 4);

        foreach (var (dispatch, _) in waiting)
            await _inbox.Push(dispatch, new Prompt(Turn, dispatch.Value, "user:ada"), Ct);
        foreach (var (dispatch, taking) in waiting)
            Assert.Equal(dispatch.Value, Assert.IsType<Prompt>(Assert.Single(await taking)).Text);
    }

    [Fact]
    public async Task A_worker_writes_no_more_than_its_budget_and_can_still_say_so_and_end_its_turn()
    {
        await Accept(Turn);
        var (number, large) = (1L, Delta(new string('x', 900_000)));
        AppendOutcome outcome;
        while ((outcome = await _stream.Append(Dispatch, "worker", number, [large], Ct)).Refused is null)
            number++;

        Assert.Equal(("stream-full", 74), (outcome.Refused, number - 1));
        foreach (var size in (int[])[10_000, 1])
            while ((await _stream.Append(Dispatch, "worker", number, [Delta(new string('x', size))], Ct)).Refused is null)
                number++;

        // What landed is not the worker's word.
        Assert.Null((await _stream.Append(Dispatch, "commit:1", 1, [new Commit(Id.Parse<WorkspaceId>("notes"), new string('a', 40), 1, 1, 0, null) { Turn = Turn }], Ct)).Refused);
        Assert.Null((await _stream.Append(Dispatch, "worker", number, [new Rejected("stream-full", "Full.", "Less.") { Turn = Turn }, Complete(true)], Ct)).Refused);
        Assert.Null((await _stream.Append(Dispatch, [new End(StopReason.Completed)], Ct)).Refused);
    }

    [Fact]
    public async Task The_reserve_of_a_full_stream_is_bounded_too()
    {
        await Accept(Turn);
        var number = 1L;
        foreach (var frame in (UnitEvent[])[Delta(new string('x', 900_000)), new Error(Stage.Runner, Party.Agent, new string('x', 500_000), "h") { Turn = Turn }])
            while ((await _stream.Append(Dispatch, "worker", number, [frame], Ct)).Refused is null)
                Assert.InRange(++number, 1, 80);

        Assert.Null((await _stream.Append(Dispatch, [Complete(false)], Ct)).Refused);
    }

    [Fact]
    public async Task The_ends_of_turns_eat_neither_the_budget_nor_its_reserve()
    {
        var number = 1L;
        for (var i = 1; i <= 80; i++)
        {
            var turn = Id.Parse<TurnId>($"t-{i}");
            await Accept(turn);
            UnitEvent[] frames = [new Phase("agent-starting") { Turn = turn }, Delta("x") with { Turn = turn }, new TurnComplete(true, new string('x', 900_000)) { Turn = turn }];
            Assert.Null((await _stream.Append(Dispatch, "worker", number, frames, Ct)).Refused);
            number += frames.Length;
        }
    }

    [Fact]
    public async Task Usage_is_booked_on_the_turn_under_way_and_counts_also_without_one()
    {
        var second = Id.Parse<TurnId>("t-2");
        await Accept(Turn);
        await Accept(second);
        await _stream.AppendUsage(Dispatch, new Usage(1, 1, "m"), Ct);
        await _stream.Append(Dispatch, [Complete(true)], Ct);
        await _stream.AppendUsage(Dispatch, new Usage(2, 1, "m"), Ct);
        await _stream.Append(Dispatch, [Complete(true) with { Turn = second }], Ct);
        await _stream.AppendUsage(Dispatch, new Usage(3, 1, "m"), Ct);

        var booked = (await _stream.Read(Dispatch, 0, 100, Ct)).Select(Parse).OfType<Usage>();
        Assert.Equal([(1, Turn), (2, second), (3, (TurnId?)null)], booked.Select(u => ((int)u.InputTokens, u.Turn)));
    }

    [Fact]
    public async Task A_full_memory_is_told_by_its_name_and_loses_nothing()
    {
        await Accept(Turn);
        await SetMemory(1);

        await RefusedAs("redis-full", () => _stream.Append(Dispatch, "worker", 1, [Delta("1")], Ct));
        await RefusedAs("redis-full", () => Accept(Id.Parse<TurnId>("t-2")));
        await RefusedAs("redis-full", () => _inbox.Push(Dispatch, new Prompt(Turn, "Hello", "user:ada"), Ct));
        await RefusedAs("redis-full", () => _stream.CheckHealth(Ct));
        Assert.Equal(1, (await _stream.State(Dispatch, Ct)).Seq);

        await SetMemory(0);
        await _stream.CheckHealth(Ct);
        Assert.Equal((2, 1), await _stream.Append(Dispatch, "worker", 1, [Delta("1")], Ct) is var outcome ? (outcome.Seq, outcome.Number) : default);
    }

    [Fact]
    public async Task In_a_full_memory_there_is_room_for_ends_and_for_what_the_trusted_side_states()
    {
        var unheard = Id.Parse<TurnId>("t-2");
        await Accept(Turn);
        await SetMemory(1);

        await _stream.AppendUsage(Dispatch, new Usage(1, 1, "m"), Ct);
        await _stream.Append(Dispatch, "worker", 1, [new Error(Stage.Runner, Party.Agent, "m", "h") { Turn = Turn }, Complete(false)], Ct);
        await _stream.Append(Dispatch, [new TurnAccepted("user:ada") { Turn = unheard }, Complete(false) with { Turn = unheard }], Ct);
        await _inbox.CloseForGood(Dispatch, Ct);
        await _stream.Append(Dispatch, [new End(StopReason.Completed)], Ct);

        Assert.True((await _stream.State(Dispatch, Ct)).Ended);
        Assert.Equal(["turn-accepted", "usage", "error", "turn-complete", "turn-accepted", "turn-complete", "end"], (await _stream.Read(Dispatch, 0, 100, Ct)).Select(f => f.Type));
        Assert.InRange((await _redis.Execute(RedisCommand.Of("PTTL", RedisKeys.InState(Dispatch)), Ct)).AsInt64(), 1, 24 * 3600 * 1000);
    }

    [Fact]
    public async Task A_disk_that_fails_is_told_by_its_name_and_loses_nothing()
    {
        await using var server = await PrivateRedis.Start("appendonly no", "save 900 1");
        await using var redis = server.Connect();
        var stream = new UnitStream(redis, TimeProvider.System);
        Directory.Delete(server.DataFolder, recursive: true);
        await Save(redis, "err");

        await RefusedAs("redis-disk", () => stream.Append(Dispatch, [new TurnAccepted("user:ada") { Turn = Turn }], Ct));
        await RefusedAs("redis-disk", () => stream.CheckHealth(Ct));

        Directory.CreateDirectory(server.DataFolder);
        // A folder that was deleted stays the server's own: it has to be told the new one.
        await redis.Execute(RedisCommand.Of("CONFIG", "SET", "stop-writes-on-bgsave-error", "no"), Ct);
        await stream.CheckHealth(Ct);
        Assert.Equal(1, (await stream.Append(Dispatch, [new TurnAccepted("user:ada") { Turn = Turn }], Ct)).Seq);
    }

    private async Task SetMemory(long bytes) => await _redis.Execute(RedisCommand.Of("CONFIG", "SET", "maxmemory", bytes), Ct);

    private static async Task Save(RedisClient redis, string outcome)
    {
        await redis.Execute(RedisCommand.Of("BGSAVE"), Ct);
        await Until.IsTrue(async () => (await redis.Execute(RedisCommand.Of("INFO", "persistence"), Ct)).AsString() is var info
            && info.Contains($"rdb_last_bgsave_status:{outcome}", StringComparison.Ordinal) ? info : null);
    }

    private static async Task RefusedAs(string rule, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<VexaException>(call);
        Assert.Equal((rule, Party.Operator, 503), (failure.Rule, failure.Party, failure.Status));
    }

    private Task Accept(TurnId turn) => _stream.Append(Dispatch, [new TurnAccepted("user:ada") { Turn = turn }], Ct);

    private static MessageDelta Delta(string text) => new(text) { Turn = Turn };

    private static TurnComplete Complete(bool ok) => new(ok, null, null) { Turn = Turn };

    private static UnitEvent Parse(StreamFrame frame) => System.Text.Json.JsonSerializer.Deserialize(frame.Json.Span, VexaJson.Default.UnitEvent)!;

    private static async Task Retry(Func<Task<AppendOutcome>> append)
    {
        while (true)
        {
            try
            {
                Assert.Null((await append()).Refused);
                return;
            }
            catch (VexaException outage) when (outage.Rule == "redis-unavailable")
            {
                // The same number again: that is what the numbers are for.
            }
        }
    }
}
