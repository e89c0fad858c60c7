using System.Net.Sockets;
using Vexa.IntegrationTests.Drivers;
using Vexa.Redis;

namespace Vexa.IntegrationTests.Redis;

/// <summary>What holds while the server dies, stays away, hangs, lies, and comes back.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private PrivateRedis _server = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await PrivateRedis.Start("appendfsync always");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task A_server_killed_and_restarted_under_traffic_loses_no_acknowledged_command_and_repeats_none()
    {
        await using var redis = _server.Connect();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var acknowledged = 0L;
        var unknown = 0L;
        var traffic = Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await redis.Execute(RedisCommand.Of("INCR", "count"), Ct);
                    Interlocked.Increment(ref acknowledged);
                }
                catch (RedisUnavailableException e)
                {
                    if (e.OutcomeUnknown)
                        Interlocked.Increment(ref unknown);
                }
            }
        }, Ct)).ToArray();

        for (var round = 1; round <= 3; round++)
        {
            var target = Interlocked.Read(ref acknowledged) + 500;
            await Until(() => Task.FromResult(Interlocked.Read(ref acknowledged) > target));
            await _server.Kill();
            await _server.Restart();
        }

        var end = Interlocked.Read(ref acknowledged) + 500;
        await Until(() => Task.FromResult(Interlocked.Read(ref acknowledged) > end));
        await stop.CancelAsync();
        await Task.WhenAll(traffic);
        var counted = (await redis.Execute(RedisCommand.Of("GET", "count"), Ct)).AsInt64();
        Assert.InRange(counted, acknowledged, acknowledged + unknown);
        Assert.True(unknown > 0, "The kills hit nothing in flight, so this test showed nothing.");
        Assert.Equal(4, redis.Status.Connects);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_subscription_is_made_again_after_a_restart_and_hints_that_something_may_have_been_missed()
    {
        await using var redis = _server.Connect();
        await using var first = await redis.Subscribe("c", Ct);
        await using var second = await redis.Subscribe("d", Ct);
        await _server.Kill();
        await _server.Restart();
        Assert.True(await first.Wait(Patience, Ct));
        Assert.True(await second.Wait(Patience, Ct));
        Assert.Equal(1, (await redis.Execute(RedisCommand.Of("PUBLISH", "c", "m"), Ct)).AsInt64());
        Assert.True(await first.Wait(Patience, Ct));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_subscription_left_during_an_outage_is_not_made_again_and_one_begun_is()
    {
        await using var redis = new RedisClient(_server.Options with { ConnectTimeout = Patience }, TimeProvider.System);
        var left = await redis.Subscribe("left", Ct);
        await _server.Kill();
        await left.DisposeAsync();
        var begun = redis.Subscribe("begun", Ct);
        await _server.Restart();
        await using var subscription = await begun;
        var counts = await redis.Execute(RedisCommand.Of("PUBSUB", "NUMSUB", "left", "begun"), Ct);
        Assert.Equal((0, 1), (counts["left"].AsInt64(), counts["begun"].AsInt64()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_command_issued_while_there_is_no_server_waits_for_it()
    {
        await using var redis = new RedisClient(_server.Options with { ConnectTimeout = Patience }, TimeProvider.System);
        await redis.Execute(RedisCommand.Of("SET", "k", "v"), Ct);
        await _server.Kill();
        await Until(() => Task.FromResult(!redis.Status.Connected));
        var get = redis.Execute(RedisCommand.Of("GET", "k"), Ct).AsTask();
        var rent = redis.RentBlocking(Ct).AsTask();
        await _server.Restart();
        Assert.Equal("v", (await get).AsString());
        await (await rent).DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_a_server_everything_fails_clearly_after_the_timeout_and_names_the_address()
    {
        await _server.Kill();
        await using var redis = new RedisClient(_server.Options with { ConnectTimeout = TimeSpan.FromMilliseconds(200) }, TimeProvider.System);
        Func<Task>[] attempts =
        [
            async () => await redis.Execute(RedisCommand.Of("PING"), Ct),
            async () => await redis.RentBlocking(Ct),
            async () => await redis.Subscribe("c", Ct),
        ];
        foreach (var attempt in attempts)
        {
            var failure = await Assert.ThrowsAsync<RedisUnavailableException>(attempt);
            Assert.False(failure.OutcomeUnknown);
            Assert.Contains(_server.SocketPath, failure.Message, StringComparison.Ordinal);
        }

        Assert.False(redis.Status.Connected);
        Assert.Contains(_server.SocketPath, redis.Status.LastFailure, StringComparison.Ordinal);
        Assert.Equal(0, redis.Subscriptions.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_that_hangs_is_given_up_and_found_again_when_it_recovers()
    {
        await using var redis = new RedisClient(
            _server.Options with { CommandTimeout = TimeSpan.FromMilliseconds(300), ConnectTimeout = TimeSpan.FromMilliseconds(300) },
            TimeProvider.System);
        await redis.Execute(RedisCommand.Of("PING"), Ct);
        _server.Freeze();
        var failure = await Assert.ThrowsAsync<RedisUnavailableException>(() => redis.Execute(RedisCommand.Of("INCR", "n"), Ct).AsTask());
        Assert.True(failure.OutcomeUnknown);
        Assert.Contains("0.3 s", failure.Message, StringComparison.Ordinal);
        failure = await Assert.ThrowsAsync<RedisUnavailableException>(() => redis.Execute(RedisCommand.Of("INCR", "n"), Ct).AsTask());
        Assert.False(failure.OutcomeUnknown);
        _server.Thaw();
        await Until(async () =>
        {
            try
            {
                return (await redis.Execute(RedisCommand.Of("PING"), Ct)).AsString() == "PONG";
            }
            catch (RedisUnavailableException)
            {
                return false;
            }
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_that_hangs_is_given_up_although_commands_keep_coming()
    {
        await using var redis = new RedisClient(_server.Options with { CommandTimeout = TimeSpan.FromMilliseconds(300) }, TimeProvider.System);
        await redis.Execute(RedisCommand.Of("PING"), Ct);
        _server.Freeze();
        var first = redis.Execute(RedisCommand.Of("PING"), Ct).AsTask();
        var others = new List<Task>();
        while (!first.IsCompleted)
        {
            others.Add(redis.Execute(RedisCommand.Of("PING"), Ct).AsTask());
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Ct);
        }

        await Assert.ThrowsAsync<RedisUnavailableException>(() => first);
        _server.Thaw();
        await Task.WhenAll(others).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_blocked_read_fails_when_the_server_dies()
    {
        await using var redis = _server.Connect();
        await using var blocking = await redis.RentBlocking(Ct);
        var read = blocking.Execute(RedisCommand.Of("BLPOP", "list", 0), Ct).AsTask();
        await _server.Kill();
        Assert.True((await Assert.ThrowsAsync<RedisUnavailableException>(() => read)).OutcomeUnknown);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("*999999999\r\n")]
    [InlineData(":1\r\n:2\r\n:3\r\n:4\r\n")]
    [InlineData("")]
    public async Task What_is_no_Redis_is_told_and_left(string greeting)
    {
        var path = Path.Combine(_server.Folder, "impostor.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var impostor = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptAsync(Ct);
                await client.SendAsync(System.Text.Encoding.ASCII.GetBytes(greeting), Ct);
                client.Shutdown(SocketShutdown.Send);
            }
        }, Ct);
        await using (var redis = new RedisClient(
            new RedisOptions { UnixSocket = path, ConnectTimeout = TimeSpan.FromMilliseconds(300) }, TimeProvider.System))
        {
            await Assert.ThrowsAsync<RedisUnavailableException>(() => redis.Execute(RedisCommand.Of("PING"), Ct).AsTask());
        }

        listener.Dispose();
        await Assert.ThrowsAnyAsync<SocketException>(() => impostor);
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(Patience);
        while (!await holds())
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
    }
}
