using Vexa.IntegrationTests.Drivers;
using Vexa.Redis;

namespace Vexa.IntegrationTests.Redis;

public sealed class BlockingTests : IAsyncLifetime
{
    private PrivateRedis _server = null!;
    private RedisClient _redis = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PrivateRedis.Start();
        _redis = _server.Connect();
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_blocked_read_is_woken_by_what_it_waits_for()
    {
        await using var blocking = await _redis.RentBlocking(Ct);
        var read = blocking.Execute(RedisCommand.Of("XREAD", "BLOCK", 0, "STREAMS", "s", "$"), Ct).AsTask();
        await UntilBlocked(1);
        await _redis.Execute(RedisCommand.Of("XADD", "s", "1-1", "field", "value"), Ct);
        var entry = (await read)["s"][0];
        Assert.Equal(("1-1", "value"), (entry[0].AsString(), entry[1]["field"].AsString()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_blocked_read_that_times_out_is_null()
    {
        await using var blocking = await _redis.RentBlocking(Ct);
        Assert.True((await blocking.Execute(RedisCommand.Of("XREAD", "BLOCK", 1, "STREAMS", "s", "$"), Ct)).IsNull);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_read_is_forgotten_by_the_server_and_never_returns_to_the_pool()
    {
        await using (var blocking = await _redis.RentBlocking(Ct))
        {
            using var cancel = new CancellationTokenSource();
            var read = blocking.Execute(RedisCommand.Of("BLPOP", "list", 0), cancel.Token).AsTask();
            await UntilBlocked(1);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await blocking.Execute(RedisCommand.Of("PING"), Ct));
        }

        Assert.Equal(0, _redis.Blocking.IdleCount);
        await UntilBlocked(0);
        await _redis.Execute(RedisCommand.Of("RPUSH", "list", "kept"), Ct);
        Assert.Equal(1, (await _redis.Execute(RedisCommand.Of("LLEN", "list"), Ct)).AsInt64());
        await using var next = await _redis.RentBlocking(Ct);
        Assert.Equal("mine", (await next.Execute(RedisCommand.Of("ECHO", "mine"), Ct)).AsString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Reads_cancelled_at_any_moment_leave_no_reply_to_the_next_tenant()
    {
        for (var i = 0; i < 200; i++)
        {
            await using var blocking = await _redis.RentBlocking(Ct);
            using var cancel = new CancellationTokenSource();
            var read = blocking.Execute(RedisCommand.Of("ECHO", $"stale {i}"), cancel.Token).AsTask();
            if (i % 3 == 0)
                await Task.Yield();
            await cancel.CancelAsync();
            try
            {
                Assert.Equal($"stale {i}", (await read).AsString());
                Assert.Equal("fresh", (await blocking.Execute(RedisCommand.Of("ECHO", "fresh"), Ct)).AsString());
            }
            catch (OperationCanceledException)
            {
                // The usual case.
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Giving_back_a_connection_with_a_running_command_ends_the_command()
    {
        var blocking = await _redis.RentBlocking(Ct);
        var read = blocking.Execute(RedisCommand.Of("BLPOP", "list", 0), Ct).AsTask();
        await UntilBlocked(1);
        await blocking.DisposeAsync();
        await Assert.ThrowsAsync<RedisUnavailableException>(() => read);
        await UntilBlocked(0);
        Assert.Equal(0, _redis.Blocking.IdleCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_returned_connection_is_used_again()
    {
        string first;
        await using (var blocking = await _redis.RentBlocking(Ct))
        {
            first = await Id(blocking);
            await Assert.ThrowsAsync<RedisReplyException>(async () => await blocking.Execute(RedisCommand.Of("NOSUCH"), Ct));
        }

        await using var again = await _redis.RentBlocking(Ct);
        Assert.Equal(first, await Id(again));
        await using var second = await _redis.RentBlocking(Ct);
        Assert.NotEqual(first, await Id(second));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_idle_connection_that_died_is_not_given_out()
    {
        await using (await _redis.RentBlocking(Ct))
        {
            // Only to have one in the pool.
        }

        Assert.Equal(1, _redis.Blocking.IdleCount);
        await _server.Restart();
        await using var blocking = await _redis.RentBlocking(Ct);
        Assert.Equal("PONG", (await blocking.Execute(RedisCommand.Of("PING"), Ct)).AsString());
    }

    [Fact(Timeout = 60_000)]
    public async Task One_command_at_a_time()
    {
        await using var blocking = await _redis.RentBlocking(Ct);
        var read = blocking.Execute(RedisCommand.Of("BLPOP", "list", 0), Ct).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await blocking.Execute(RedisCommand.Of("PING"), Ct));
        await UntilBlocked(1);
        await _redis.Execute(RedisCommand.Of("RPUSH", "list", "x"), Ct);
        Assert.Equal("x", (await read)[1].AsString());
    }

    [Fact(Timeout = 60_000)]
    public async Task The_number_of_rented_connections_is_bounded_and_the_error_names_the_option()
    {
        await using var small = new RedisClient(
            _server.Options with { MaxBlockingConnections = 1, ConnectTimeout = TimeSpan.FromMilliseconds(300) }, TimeProvider.System);
        await using (await small.RentBlocking(Ct))
        {
            var failure = await Assert.ThrowsAsync<RedisUnavailableException>(async () => await small.RentBlocking(Ct));
            Assert.Contains("MaxBlockingConnections", failure.Message, StringComparison.Ordinal);
        }

        await using var free = await small.RentBlocking(Ct);
    }

    [Fact(Timeout = 60_000)]
    public async Task Closing_the_client_ends_a_blocked_read()
    {
        var blocking = await _redis.RentBlocking(Ct);
        var read = blocking.Execute(RedisCommand.Of("BLPOP", "list", 0), Ct).AsTask();
        await UntilBlocked(1);
        await _redis.DisposeAsync();
        await Assert.ThrowsAsync<RedisUnavailableException>(() => read);
        await blocking.DisposeAsync();
    }

    private static async Task<string> Id(BlockingConnection blocking) => (await blocking.Execute(RedisCommand.Of("CLIENT", "ID"), Ct)).AsString();

    private async Task UntilBlocked(int clients)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (!(await _redis.Execute(RedisCommand.Of("INFO", "clients"), patience.Token)).AsString()
            .Contains($"blocked_clients:{clients}\r", StringComparison.Ordinal))
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
    }
}
