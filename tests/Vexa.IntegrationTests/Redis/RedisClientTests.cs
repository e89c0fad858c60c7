using System.Text;
using Vexa.IntegrationTests.Drivers;
using Vexa.Redis;

namespace Vexa.IntegrationTests.Redis;

/// <summary>What holds while the server is well.</summary>
public sealed class RedisClientTests : IAsyncLifetime
{
    private PrivateRedis _server = null!;
    private RedisClient _redis = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PrivateRedis.Start("enable-debug-command local");
        _redis = _server.Connect();
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Ten_thousand_commands_at_once_get_their_own_replies_in_their_own_order()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i => _redis.Execute(RedisCommand.Of("INCR", "count"), Ct).AsTask()));
        Assert.Equal(Enumerable.Range(1, 10_000).Select(i => (long)i), replies.Select(r => r.AsInt64()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Commands_from_many_threads_get_their_own_replies()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 10_000), new ParallelOptions { MaxDegreeOfParallelism = 200, CancellationToken = Ct }, async (i, ct) =>
            Assert.Equal(i, (await _redis.Execute(RedisCommand.Of("ECHO", i), ct)).AsInt64()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Commands_issued_at_once_leave_in_few_writes()
    {
        await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i => _redis.Execute(RedisCommand.Of("PING"), Ct).AsTask()));
        // The server counts the times that it found something to read.
        var stats = (await _redis.Execute(RedisCommand.Of("INFO", "stats"), Ct)).AsString();
        var reads = long.Parse(stats.Split('\n').Single(l => l.StartsWith("total_reads_processed:", StringComparison.Ordinal)).Split(':')[1].Trim(), provider: null);
        Assert.InRange(reads, 1, 2_000);
    }

    [Fact(Timeout = 60_000)]
    public async Task Any_bytes_come_back_as_they_were()
    {
        var bytes = Enumerable.Range(0, 1024).Select(i => (byte)i).Concat("\r\n$5\r\n"u8.ToArray()).ToArray();
        await _redis.Execute(RedisCommand.Of("SET", bytes, bytes), Ct);
        Assert.Equal(bytes, (await _redis.Execute(RedisCommand.Of("GET", bytes), Ct)).AsBytes().ToArray());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_value_of_32_MB_comes_back_while_others_are_served()
    {
        var large = new byte[32 << 20];
        new Random(1).NextBytes(large);
        var set = _redis.Execute(RedisCommand.Of("SET", "large", large), Ct).AsTask();
        var get = _redis.Execute(RedisCommand.Of("GET", "large"), Ct).AsTask();
        var small = _redis.Execute(RedisCommand.Of("ECHO", "small"), Ct).AsTask();
        Assert.Equal("OK", (await set).AsString());
        Assert.True((await get).AsBytes().Span.SequenceEqual(large));
        Assert.Equal("small", (await small).AsString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Replies_of_RESP3_keep_their_types()
    {
        await _redis.Execute(RedisCommand.Of("HSET", "h", "a", 1, "b", 2), Ct);
        await _redis.Execute(RedisCommand.Of("SADD", "s", "x"), Ct);
        await _redis.Execute(RedisCommand.Of("ZADD", "z", "1.5", "m"), Ct);
        var hash = await _redis.Execute(RedisCommand.Of("HGETALL", "h"), Ct);
        Assert.Equal((RespKind.Map, 2), (hash.Kind, hash["b"].AsInt64()));
        Assert.Equal(RespKind.Set, (await _redis.Execute(RedisCommand.Of("SMEMBERS", "s"), Ct)).Kind);
        var score = await _redis.Execute(RedisCommand.Of("ZSCORE", "z", "m"), Ct);
        Assert.Equal((RespKind.Double, 1.5), (score.Kind, score.AsDouble()));
        Assert.True((await _redis.Execute(RedisCommand.Of("GET", "none"), Ct)).IsNull);
        Assert.Equal(1, (await _redis.Evaluate(new("true", "redis.setresp(3) return true"), [], [], Ct)).AsInt64());
        Assert.Equal(RespKind.VerbatimString, (await _redis.Execute(RedisCommand.Of("INFO", "server"), Ct)).Kind);
    }

    /// <summary>The server's own collection of one reply of each type.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData("string", RespKind.BulkString)]
    [InlineData("integer", RespKind.Integer)]
    [InlineData("double", RespKind.Double)]
    [InlineData("null", RespKind.Null)]
    [InlineData("array", RespKind.Array)]
    [InlineData("set", RespKind.Set)]
    [InlineData("map", RespKind.Map)]
    [InlineData("bignum", RespKind.BigNumber)]
    [InlineData("true", RespKind.Boolean)]
    [InlineData("false", RespKind.Boolean)]
    [InlineData("verbatim", RespKind.VerbatimString)]
    [InlineData("attrib", RespKind.BulkString)]
    public async Task Every_type_that_the_server_knows_is_understood(string type, RespKind kind)
    {
        Assert.Equal(kind, (await _redis.Execute(RedisCommand.Of("DEBUG", "PROTOCOL", type), Ct)).Kind);
        Assert.Equal("still in step", (await _redis.Execute(RedisCommand.Of("ECHO", "still in step"), Ct)).AsString());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_error_is_the_command_s_own_and_the_connection_goes_on()
    {
        await _redis.Execute(RedisCommand.Of("SET", "text", "x"), Ct);
        var before = _redis.Execute(RedisCommand.Of("ECHO", "before"), Ct).AsTask();
        var wrong = _redis.Execute(RedisCommand.Of("LPUSH", "text", "x"), Ct).AsTask();
        var after = _redis.Execute(RedisCommand.Of("ECHO", "after"), Ct).AsTask();
        Assert.Equal("WRONGTYPE", (await Assert.ThrowsAsync<RedisReplyException>(() => wrong)).Code);
        Assert.Equal(("before", "after"), ((await before).AsString(), (await after).AsString()));
        Assert.Equal(1, _redis.Status.Connects);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_command_ends_the_wait_and_leaves_the_others_in_step()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        _server.Freeze();
        var cancelled = _redis.Execute(RedisCommand.Of("ECHO", "cancelled"), cancel.Token).AsTask();
        var next = _redis.Execute(RedisCommand.Of("ECHO", "next"), Ct).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        _server.Thaw();
        Assert.Equal("next", (await next).AsString());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reply_larger_than_allowed_fails_its_command_and_the_client_recovers()
    {
        await using var modest = new RedisClient(_server.Options with { MaxReplyBytes = 64 << 10 }, TimeProvider.System);
        await modest.Execute(RedisCommand.Of("SET", "big", new byte[100_000]), Ct);
        var failure = await Assert.ThrowsAsync<RedisUnavailableException>(() => modest.Execute(RedisCommand.Of("GET", "big"), Ct).AsTask());
        Assert.Contains("MaxReplyBytes", failure.Message, StringComparison.Ordinal);
        Assert.Equal(100_000, (await modest.Execute(RedisCommand.Of("STRLEN", "big"), Ct)).AsInt64());
    }

    [Fact(Timeout = 60_000)]
    public async Task Commands_that_would_harm_the_others_are_refused_with_the_way_to_go()
    {
        var blocking = await Assert.ThrowsAsync<ArgumentException>(() => _redis.Execute(RedisCommand.Of("BLPOP", "k", 0), Ct).AsTask());
        Assert.Contains("RentBlocking", blocking.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => _redis.Execute(RedisCommand.Of("MULTI"), Ct).AsTask());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_script_is_sent_by_its_hash_and_after_a_flush_by_its_text()
    {
        var script = new RedisScript("join", "return {KEYS[1], ARGV[1], ARGV[2]}");
        for (var i = 0; i < 2; i++)
        {
            var reply = await _redis.Evaluate(script, ["key"], ["text", 7], Ct);
            Assert.Equal(["key", "text", "7"], reply.Items.Select(v => v.AsString()));
            Assert.Equal(1, (await _redis.Execute(RedisCommand.Of("SCRIPT", "EXISTS", script.Sha1), Ct))[0].AsInt64());
            await _redis.Execute(RedisCommand.Of("SCRIPT", "FLUSH"), Ct);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_script_that_fails_says_so()
    {
        var failure = await Assert.ThrowsAsync<RedisReplyException>(
            () => _redis.Evaluate(new("refuse", "return redis.error_reply('BUSYKEY taken')"), [], [], Ct).AsTask());
        Assert.Equal(("BUSYKEY", "BUSYKEY taken"), (failure.Code, failure.Message));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_server_knows_the_client_s_name()
    {
        await using var named = new RedisClient(_server.Options with { ClientName = "vexa-door" }, TimeProvider.System);
        Assert.Equal("vexa-door", (await named.Execute(RedisCommand.Of("CLIENT", "GETNAME"), Ct)).AsString());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_closed_client_fails_what_waits_and_refuses_more()
    {
        _server.Freeze();
        var waiting = _redis.Execute(RedisCommand.Of("PING"), Ct).AsTask();
        await _redis.DisposeAsync();
        _server.Thaw();
        await Assert.ThrowsAsync<RedisUnavailableException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _redis.Execute(RedisCommand.Of("PING"), Ct));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _redis.Subscribe("c", Ct));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _redis.RentBlocking(Ct));
    }

    [Fact(Timeout = 60_000)]
    public async Task Text_is_UTF_8_both_ways()
    {
        await _redis.Execute(RedisCommand.Of("SET", "ключ", "значение 🚪"), Ct);
        Assert.Equal("значение 🚪", (await _redis.Execute(RedisCommand.Of("GET", Encoding.UTF8.GetBytes("ключ")), Ct)).AsString());
    }
}
