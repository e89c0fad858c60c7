using Vexa.IntegrationTests.Drivers;
using Vexa.Redis;

namespace Vexa.IntegrationTests.Redis;

public sealed class SubscriptionTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private PrivateRedis _server = null!;
    private RedisClient _redis = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PrivateRedis.Start("user deaf on nopass ~* resetchannels &allowed +@all");
        _redis = _server.Connect();
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Any_number_of_messages_is_one_hint()
    {
        await using var subscription = await _redis.Subscribe("c", Ct);
        await using var last = await _redis.Subscribe("last", Ct);
        for (var i = 0; i < 1000; i++)
            await Publish("c");
        await Publish("last");
        // One connection hears of both channels, so all that went before is here.
        Assert.True(await last.Wait(Patience, Ct));
        Assert.True(await subscription.Wait(Patience, Ct));
        Assert.False(await subscription.Wait(TimeSpan.FromMilliseconds(1), Ct));
        await Publish("c");
        Assert.True(await subscription.Wait(Patience, Ct));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_subscribes_may_read_more_at_once_than_Redis_keeps_for_a_subscriber()
    {
        // The limit that Redis has by itself: client-output-buffer-limit pubsub 32mb 8mb 60.
        const int MiB = 1024 * 1024;
        await using var subscription = await _redis.Subscribe("c", Ct);
        await _redis.Execute(RedisCommand.Of("SETRANGE", "large", MiB - 1, "x"), Ct);
        RedisArg[] keys = [.. Enumerable.Repeat((RedisArg)"large", 48)];
        for (var i = 0; i < 3; i++)
            Assert.Equal(48 * MiB, (await _redis.Execute(RedisCommand.Of("MGET", keys), Ct)).Items.Sum(v => v.AsBytes().Length));
        Assert.Equal(1, _redis.Status.Connects);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_published_after_Subscribe_returned_is_never_missed()
    {
        for (var i = 0; i < 300; i++)
        {
            await using var subscription = await _redis.Subscribe("c", Ct);
            await Publish("c");
            Assert.True(await subscription.Wait(Patience, Ct));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Messages_come_between_replies_and_disturb_none()
    {
        await using var subscription = await _redis.Subscribe("c", Ct);
        await using var other = _server.Connect();
        var noise = Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => other.Execute(RedisCommand.Of("PUBLISH", "c", "m"), Ct).AsTask()));
        var replies = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i => _redis.Execute(RedisCommand.Of("ECHO", i), Ct).AsTask()));
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => (long)i), replies.Select(r => r.AsInt64()));
        Assert.All(await noise, r => Assert.Equal(1, r.AsInt64()));
        Assert.True(await subscription.Wait(Patience, Ct));
    }

    [Fact(Timeout = 60_000)]
    public async Task Many_subscribers_of_one_channel_are_one_to_the_server()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => _redis.Subscribe("c", Ct)));
        Assert.Equal(1, await ServerSubscribers("c"));
        await Publish("c");
        foreach (var subscription in all)
            Assert.True(await subscription.Wait(Patience, Ct));

        foreach (var subscription in all[1..])
            await subscription.DisposeAsync();
        await Publish("c");
        Assert.True(await all[0].Wait(Patience, Ct));
        await all[0].DisposeAsync();
        await Until(async () => await ServerSubscribers("c") == 0);
        Assert.Equal(0, _redis.Subscriptions.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Coming_and_going_in_any_order_ends_as_it_is_wanted()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => Task.Run(async () =>
        {
            var random = new Random(n);
            for (var i = 0; i < 200; i++)
            {
                await using var subscription = await _redis.Subscribe($"c{random.Next(3)}", Ct);
                if (random.Next(2) == 0)
                    await Task.Yield();
            }
        }, Ct)));
        for (var i = 0; i < 3; i++)
            await Until(async () => await ServerSubscribers($"c{i}") == 0);
        await using var last = await _redis.Subscribe("c0", Ct);
        await Publish("c0");
        Assert.True(await last.Wait(Patience, Ct));
        Assert.Equal(1, _redis.Status.Connects);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_refused_channel_is_an_error_and_the_allowed_one_works_beside_it()
    {
        await using var deaf = new RedisClient(_server.Options with { User = "deaf", Password = "any" }, TimeProvider.System);
        Assert.Equal("NOPERM", (await Assert.ThrowsAsync<RedisReplyException>(() => deaf.Subscribe("forbidden", Ct))).Code);
        await using var allowed = await deaf.Subscribe("allowed", Ct);
        await Publish("allowed");
        Assert.True(await allowed.Wait(Patience, Ct));
        Assert.Equal(1, deaf.Subscriptions.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancelling_ends_the_wait_and_keeps_the_subscription()
    {
        await using var subscription = await _redis.Subscribe("c", Ct);
        using var cancel = new CancellationTokenSource();
        var waiting = subscription.Wait(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Publish("c");
        Assert.True(await subscription.Wait(Patience, Ct));
    }

    [Fact(Timeout = 60_000)]
    public async Task Closing_the_subscription_or_the_client_ends_the_wait()
    {
        var subscription = await _redis.Subscribe("c", Ct);
        var waiting = subscription.Wait(Ct).AsTask();
        await subscription.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);

        var other = await _redis.Subscribe("c", Ct);
        waiting = other.Wait(Ct).AsTask();
        await _redis.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
    }

    private ValueTask<RespValue> Publish(string channel) => _redis.Execute(RedisCommand.Of("PUBLISH", channel, "m"), Ct);

    private async Task<long> ServerSubscribers(string channel) =>
        (await _redis.Execute(RedisCommand.Of("PUBSUB", "NUMSUB", channel), Ct))[channel].AsInt64();

    private static async Task Until(Func<Task<bool>> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(Patience);
        while (!await holds())
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
    }
}
