using System.Text.Json;
using Vexa.IntegrationTests.Drivers;
using Vexa.Redis;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>A stream store whose memory is full is told by name, lets turns end, loses nothing, and is over as soon as there is room.</summary>
public sealed class FullMemoryTests : IAsyncLifetime
{
    private RunningStack _stack = null!;

    public async ValueTask InitializeAsync() => _stack = await RunningStack.Start();

    public ValueTask DisposeAsync() => _stack is null ? ValueTask.CompletedTask : _stack.DisposeAsync();

    [Fact]
    public async Task A_turn_under_way_waits_for_room_and_loses_no_frame()
    {
        var log = new TurnLog();
        await foreach (var unitEvent in _stack.Chat(log, "for i in 1 2 3 4 5 6; do echo line $i; sleep 0.5; done; echo kept > kept.txt"))
            if (unitEvent is MessageDelta { Text: var text } && text.Contains("line 2", StringComparison.Ordinal))
            {
                await SetMemory(1);
                var refused = await Assert.ThrowsAsync<VexaException>(() => _stack.Ask("echo more"));
                Assert.Equal(("redis-full", 503), (refused.Rule, refused.Status));
                Assert.Equal(["control", "door", "redis"], await IllRoles());
                await SetMemory(0);
            }

        Assert.True(log.Complete.Ok, log.Error?.Message);
        Assert.Equal(Enumerable.Range(1, 6).Select(i => $"line {i}"), log.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Single(log.Events.OfType<Commit>());
        Assert.Empty(await IllRoles());
    }

    [Fact]
    public async Task A_run_can_be_cancelled_and_closed_while_there_is_no_room()
    {
        var log = new TurnLog();
        await foreach (var unitEvent in _stack.Chat(log, "echo started; while :; do echo more; sleep 0.1; done", idle: 60))
            if (unitEvent is MessageDelta { Text: var text } && text.Contains("started", StringComparison.Ordinal))
            {
                await SetMemory(1);
                var (exit, _, errors) = await _stack.Vexa("cancel", log.Dispatch.Value);
                Assert.True(exit == 0, errors);
            }

        Assert.False(log.Complete.Ok);
        await _stack.AwaitEnd(log.Dispatch);
        Assert.IsType<End>((await _stack.Events(log.Dispatch))[^1]);

        await SetMemory(0);
        Assert.True((await _stack.Ask("echo on")).Complete.Ok);
    }

    private async Task SetMemory(long bytes)
    {
        await using var redis = new RedisClient(new() { UnixSocket = Path.Combine(_stack.Run, "redis.sock") }, TimeProvider.System);
        await redis.Execute(RedisCommand.Of("CONFIG", "SET", "maxmemory", bytes), CancellationToken.None);
    }

    private async Task<IReadOnlyList<string>> IllRoles()
    {
        var (exit, output, _) = await _stack.Vexa("status", "--json");
        using var status = JsonDocument.Parse(output);
        var ill = status.RootElement.GetProperty("roles").EnumerateArray().Where(role => role.TryGetProperty("fault", out _)).ToList();
        Assert.Equal(ill.Count == 0, exit == 0);
        Assert.All(ill, role => Assert.Contains("memory", role.GetProperty("fault").GetString(), StringComparison.Ordinal));
        Assert.All(ill, role => Assert.Contains("VEXA_REDIS_MEMORY", role.GetProperty("mend").GetString(), StringComparison.Ordinal));
        return [.. ill.Select(role => role.GetProperty("name").GetString()!).Order(StringComparer.Ordinal)];
    }
}
