using System.Text.Json;
using Vexa.Contracts;
using Vexa.Redis;

namespace Vexa.Streams;

/// <summary>The inbox of a dispatch, <c>unit:&lt;id&gt;:in</c>: control puts messages in, the worker takes them in order.</summary>
public sealed class UnitInbox(RedisClient redis)
{
    private static readonly RedisScript PushScript = RedisScript.FromResource(typeof(UnitInbox).Assembly, "Vexa.Streams.push.lua");
    private static readonly RedisScript CloseScript = RedisScript.FromResource(typeof(UnitInbox).Assembly, "Vexa.Streams.close.lua");
    private const long KeptMs = 3 * 24 * 3600 * 1000L;
    private const long KeptClosedMs = 24 * 3600 * 1000L;

    /// <summary>Puts a message in; false where the worker closed the inbox and is about to exit.</summary>
    public async Task<bool> Push(DispatchId dispatch, UnitMessage message, CancellationToken ct)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, VexaJson.Default.UnitMessage);
        var reply = await Outage.Named(() => redis.Evaluate(PushScript, [RedisKeys.In(dispatch), RedisKeys.InState(dispatch)], [json, KeptMs], ct));
        return reply.AsInt64() > 0;
    }

    /// <summary>The messages after <paramref name="after"/>; waits up to <paramref name="wait"/> for the first.</summary>
    public async Task<IReadOnlyList<UnitMessage>> Take(DispatchId dispatch, long after, TimeSpan wait, CancellationToken ct)
    {
        // The read that finds something at once needs no connection of its own.
        var messages = await Outage.Named(() => redis.Execute(RedisCommand.Of("XRANGE", RedisKeys.In(dispatch), $"({after}-{ulong.MaxValue}", "+", "COUNT", 64), ct));
        if (messages.Items.Count > 0 || wait <= TimeSpan.Zero)
            return Parse(messages.Items);

        await using var blocking = await Outage.Named(() => redis.RentBlocking(ct));
        var reply = await Outage.Named(() => blocking.Execute(
            RedisCommand.Of("XREAD", "COUNT", 64, "BLOCK", (long)wait.TotalMilliseconds, "STREAMS", RedisKeys.In(dispatch), $"{after}-{ulong.MaxValue}"), ct));
        return reply.IsNull ? [] : Parse(reply.AsMap().Single().Value.Items);
    }

    /// <summary>Closes the inbox where nothing came after the message numbered <paramref name="seen"/>; true where it is closed now.</summary>
    public async Task<bool> Close(DispatchId dispatch, long seen, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seen);
        return await CloseAfter(dispatch, seen, ct);
    }

    /// <summary>Closes the inbox whatever waits in it: its worker is gone.</summary>
    public Task CloseForGood(DispatchId dispatch, CancellationToken ct) => CloseAfter(dispatch, -1, ct);

    private async Task<bool> CloseAfter(DispatchId dispatch, long seen, CancellationToken ct)
    {
        var reply = await Outage.Named(() => redis.Evaluate(CloseScript, [RedisKeys.In(dispatch), RedisKeys.InState(dispatch)], [seen, KeptClosedMs], ct));
        return reply.AsInt64() == 1;
    }

    private static List<UnitMessage> Parse(IReadOnlyList<RespValue> entries) =>
        [.. entries.Select(e => JsonSerializer.Deserialize(e.Items[1].Items[1].AsBytes().Span, VexaJson.Default.UnitMessage)!)];
}
