using System.Diagnostics;
using System.Globalization;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>Whatever is killed: every turn has exactly one terminal frame, and no frame is lost or doubled.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private RunningStack _stack = null!;

    public async ValueTask InitializeAsync() => _stack = await RunningStack.Start();

    public ValueTask DisposeAsync() => _stack is null ? ValueTask.CompletedTask : _stack.DisposeAsync();

    [Fact]
    public async Task A_killed_worker_leaves_a_turn_that_says_so()
    {
        var log = new TurnLog();
        await foreach (var unitEvent in _stack.Chat(log, "echo started; sleep 60"))
            if (unitEvent is MessageDelta)
                KillWorkerOf(log.Dispatch);

        Assert.False(log.Complete.Ok);
        Assert.NotNull(log.Error);
        var run = await _stack.AwaitEnd(log.Dispatch);
        Assert.Equal(log.Error.Message, Assert.Single(run.Turns).Error);
        await EndsOnce(log.Dispatch);
    }

    [Fact]
    public async Task A_killed_door_loses_no_frame_and_no_turn()
    {
        var log = new TurnLog();
        await foreach (var unitEvent in _stack.Chat(log, "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.5; done; echo kept > kept.txt"))
            if (unitEvent is MessageDelta { Text: var text } && text.Contains("line 2", StringComparison.Ordinal))
                await _stack.KillAndAwaitRestart("door");

        Assert.True(log.Complete.Ok, log.Error?.Message);
        Assert.Equal(Enumerable.Range(1, 9).Select(i => $"line {i}"), log.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Single(log.Events.OfType<Commit>());
        await EndsOnce(log.Dispatch);
    }

    [Fact]
    public async Task A_killed_control_takes_the_turn_up_again_and_the_viewer_goes_on_from_its_cursor()
    {
        var turn = Id.Parse<TurnId>("t-control");
        const string prompt = "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.5; done; echo kept > kept.txt";
        var before = new TurnLog();
        try
        {
            await foreach (var unitEvent in _stack.Chat(before, prompt, turn: turn))
                if (unitEvent is MessageDelta { Text: var text } && text.Contains("line 2", StringComparison.Ordinal))
                    await _stack.KillAndAwaitRestart("control");
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            // The viewer's connection went with control.
        }

        var after = new TurnLog();
        await foreach (var _ in _stack.Chat(after, prompt, turn: turn, after: before.Events[^1].Seq))
        {
        }

        var seen = before.Events.Concat(after.Events).ToList();
        Assert.Equal(before.Dispatch, after.Dispatch);
        Assert.Equal(Enumerable.Range(1, seen.Count).Select(i => (long)i), seen.Select(e => e.Seq));
        Assert.True(after.Complete.Ok, after.Error?.Message);
        Assert.Single(after.Events.OfType<Commit>());
        await EndsOnce(after.Dispatch);
    }

    [Fact]
    public async Task Whoever_follows_a_run_sees_all_of_it_once_though_control_is_killed()
    {
        var first = await _stack.Ask("echo one", idle: 60);
        using var following = _stack.StartVexa("events", first.Dispatch.Value, "--follow", "--json");
        var seen = new List<long>();
        while (seen.Count < first.Events.Count)
            seen.Add(Seq(await following.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)));
        await _stack.KillAndAwaitRestart("control");
        var second = await _stack.Ask("echo two", first.Session);
        KillWorkerOf(first.Dispatch);
        while (await following.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            seen.Add(Seq(line));
        await following.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(first.Dispatch, second.Dispatch);
        Assert.Equal(0, following.ExitCode);
        Assert.Equal((await _stack.Events(first.Dispatch)).Select(e => e.Seq), seen);
    }

    [Fact]
    public async Task A_killed_redis_comes_back_with_the_turn_in_it()
    {
        var log = new TurnLog();
        await foreach (var unitEvent in _stack.Chat(log, "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.5; done"))
            if (unitEvent is MessageDelta { Text: var text } && text.Contains("line 2", StringComparison.Ordinal))
                await _stack.KillAndAwaitRestart("redis");

        Assert.True(log.Complete.Ok, log.Error?.Message);
        Assert.Equal(Enumerable.Range(1, 9).Select(i => $"line {i}"), log.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        await EndsOnce(log.Dispatch);
    }

    [Fact]
    public async Task A_redis_that_lost_everything_ends_the_run_and_loses_nothing_durable()
    {
        var before = await _stack.Ask("echo kept | tee kept.txt");
        await _stack.AwaitEnd(before.Dispatch);
        var log = new TurnLog();
        using var left = new CancellationTokenSource();
        try
        {
            await foreach (var unitEvent in _stack.Chat(log, "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.5; done", ct: left.Token))
                if (unitEvent is MessageDelta)
                {
                    await using var redis = new Vexa.Redis.RedisClient(new() { UnixSocket = Path.Combine(_stack.Run, "redis.sock") }, TimeProvider.System);
                    await redis.Execute(Vexa.Redis.RedisCommand.Of("FLUSHALL"), CancellationToken.None);
                    await left.CancelAsync();
                }
        }
        catch (OperationCanceledException)
        {
            // What the viewer had is all there is.
        }

        Assert.Equal(false, Assert.Single((await _stack.AwaitEnd(log.Dispatch)).Turns).Ok);
        Assert.NotEmpty(await _stack.Events(before.Dispatch));
        Assert.Equal("kept", (await _stack.ReadFile(Id.Parse<WorkspaceId>("home"), "kept.txt")).Trim());
    }

    [Fact]
    public async Task A_killed_runtime_takes_the_living_container_over()
    {
        var log = new TurnLog();
        await foreach (var unitEvent in _stack.Chat(log, "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.5; done"))
            if (unitEvent is MessageDelta { Text: var text } && text.Contains("line 2", StringComparison.Ordinal))
                await _stack.KillAndAwaitRestart("runtime");

        Assert.True(log.Complete.Ok, log.Error?.Message);
        await EndsOnce(log.Dispatch);
    }

    [Fact]
    public async Task Twenty_reconnects_lose_nothing_and_double_nothing()
    {
        var turn = Id.Parse<TurnId>("t-reconnect");
        const string prompt = "for i in $(seq 1 60); do echo line $i; sleep 0.05; done";
        var seen = new List<UnitEvent>();
        var connections = 0;
        while (seen is not [.., TurnComplete])
        {
            using var drop = new CancellationTokenSource();
            var log = new TurnLog();
            var taken = 0;
            connections++;
            try
            {
                await foreach (var unitEvent in _stack.Chat(log, prompt, turn: turn, after: seen.LastOrDefault()?.Seq, ct: drop.Token))
                {
                    seen.Add(unitEvent);
                    if (++taken == 2 && connections <= 20)
                        await drop.CancelAsync();
                }
            }
            catch (OperationCanceledException)
            {
                // That was us.
            }
        }

        Assert.True(connections > 20, $"{connections} connections");
        Assert.Equal(Enumerable.Range(1, seen.Count).Select(i => (long)i), seen.Select(e => e.Seq));
        var text = string.Concat(seen.OfType<MessageDelta>().Select(d => d.Text));
        Assert.Equal(Enumerable.Range(1, 60).Select(i => $"line {i}"), text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Cancel_ends_the_cli_and_all_its_children_though_they_will_not_listen()
    {
        var log = new TurnLog();
        await foreach (var unitEvent in _stack.Chat(log, "trap '' TERM; (trap '' TERM; setsid sleep 3600) & echo started; while :; do sleep 3600; done", idle: 60))
            if (unitEvent is MessageDelta)
            {
                var (exit, _, errors) = await _stack.Vexa("cancel", log.Dispatch.Value);
                Assert.True(exit == 0, errors);
                Assert.DoesNotContain(ProcessesOf(log.Dispatch), command => command.Contains("sleep", StringComparison.Ordinal));
            }

        Assert.False(log.Complete.Ok);
        Assert.Contains("cancelled", log.Error!.Message, StringComparison.Ordinal);

        // The container is still good for the next message.
        var next = await _stack.Ask("echo alive", log.Session);
        Assert.Equal(log.Dispatch, next.Dispatch);
        Assert.Contains("alive", next.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_stuck_is_ended_by_the_runtime_when_its_turn_is_cancelled()
    {
        var log = new TurnLog();
        await foreach (var unitEvent in _stack.Chat(log, "echo started; sleep 3600", idle: 60))
            if (unitEvent is MessageDelta)
            {
                using var stop = Process.Start("kill", ["-STOP", WorkerOf(log.Dispatch).ToString(CultureInfo.InvariantCulture)]);
                await stop.WaitForExitAsync(TestContext.Current.CancellationToken);
                Assert.Equal(0, (await _stack.Vexa("cancel", log.Dispatch.Value)).Exit);
            }

        Assert.False(log.Complete.Ok);
        await EndsOnce(log.Dispatch);
        Assert.Empty(ProcessesOf(log.Dispatch));
    }

    [Fact]
    public async Task A_stack_that_is_stopped_ends_its_containers_with_their_last_words_and_records_why()
    {
        var idle = await _stack.Ask("echo waits", idle: 600);
        var busy = new TurnLog();
        await foreach (var unitEvent in _stack.Chat(busy, "echo started; sleep 600"))
            if (unitEvent is MessageDelta)
            {
                var (exit, _, errors) = await _stack.Vexa("down");
                Assert.True(exit == 0, errors);
            }

        // The viewer was there till the end.
        Assert.False(busy.Complete.Ok);
        Assert.Contains("stopped", busy.Error!.Message, StringComparison.Ordinal);
        var records = await _stack.OpenRecords();
        foreach (var id in (DispatchId[])[idle.Dispatch, busy.Dispatch])
        {
            var run = (await records.Read($"runs/ended/{id}", VexaJson.Default.Run, CancellationToken.None))?.Value;
            Assert.Equal(StopReason.Cancelled, run?.EndReason);
        }

        var log = await File.ReadAllTextAsync(Path.Combine(_stack.Data, "logs", "runtime.log"), CancellationToken.None);
        Assert.DoesNotContain("could not be removed", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_a_container_is_left_when_its_run_has_ended()
    {
        var log = await _stack.Ask("echo x > x.txt");
        await _stack.AwaitEnd(log.Dispatch);

        Assert.Empty(ProcessesOf(log.Dispatch));
        Assert.DoesNotContain(File.ReadAllLines("/proc/self/mountinfo"), line => line.Contains(log.Dispatch.Value, StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(_stack.Run, $"*{log.Dispatch}*", SearchOption.AllDirectories));
    }

    private async Task EndsOnce(DispatchId dispatch)
    {
        await _stack.AwaitEnd(dispatch);
        var events = await _stack.Events(dispatch);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(e => e.Seq));
        Assert.Equal(events.OfType<TurnAccepted>().Count(), events.OfType<TurnComplete>().Count());
        Assert.Single(events.OfType<End>());
        Assert.IsType<End>(events[^1]);
    }

    private static void KillWorkerOf(DispatchId dispatch)
    {
        using var worker = Process.GetProcessById(WorkerOf(dispatch));
        worker.Kill();
    }

    private static int WorkerOf(DispatchId dispatch) => PidsOf(dispatch).Single(pid => CommandOf(pid).Contains("vexa-worker", StringComparison.Ordinal));

    private static IEnumerable<string> ProcessesOf(DispatchId dispatch) => PidsOf(dispatch).Select(CommandOf);

    // By cgroup, as the kernel says.
    private static IEnumerable<int> PidsOf(DispatchId dispatch) =>
        from folder in Directory.GetDirectories("/proc")
        where int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _)
        where Read(Path.Combine(folder, "cgroup")).Contains($"vexa-agent-{dispatch}", StringComparison.Ordinal)
        select int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);

    private static string CommandOf(int pid) => Read($"/proc/{pid}/cmdline").Replace('\0', ' ');

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static long Seq(string? line) => System.Text.Json.JsonSerializer.Deserialize(line!, VexaJson.Default.UnitEvent)!.Seq;
}
