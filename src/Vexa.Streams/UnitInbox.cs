using System.Text.Json;
using Vexa.Contracts;
using Vexa.Redis;
using Vexa.Schemas;

namespace Vexa.Streams;

/// <summary>The inbox of a dispatch, <c>unit:&lt;id&gt;:in</c>: control puts messages in, the worker takes them in order.</summary>
public sealed class UnitInbox(RedisClient redis, TimeProvider time)
{
    private static readonly RedisScript PushScript = RedisScript.FromResource(typeof(UnitInbox).Assembly, "Vexa.Streams.push.lua");
    private static readonly RedisScript CloseScript = RedisScript.FromResource(typeof(UnitInbox).Assembly, "Vexa.Streams.close.lua");
    private const long KeptMs = 3 * 24 * 3600 * 1000L;
    private const long KeptClosedMs = 24 * 3600 * 1000L;

    // A hint can be lost, the stream cannot.
    private static readonly TimeSpan LooksAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Puts a message in; false where the worker closed the inbox and is about to exit. The prompt of a turn is put in once, so that it may be
    /// sent again where nobody knows whether it arrived.
    /// </summary>
    public async Task<bool> Push(DispatchId dispatch, UnitMessage message, CancellationToken ct)
    {
        var once = message is Prompt prompt ? prompt.Turn.Value : "";
        var json = JsonSerializer.SerializeToUtf8Bytes(message, VexaJson.Default.UnitMessage);
        var reply = await Outage.Named(() => redis.Evaluate(PushScript, [RedisKeys.In(dispatch), RedisKeys.InState(dispatch)], [json, KeptMs, once], ct));
        return reply.AsInt64() > 0;
    }

    /// <summary>The messages after <paramref name="after"/>; waits up to <paramref name="wait"/> for the first.</summary>
    public async Task<IReadOnlyList<UnitMessage>> Take(DispatchId dispatch, long after, TimeSpan wait, CancellationToken ct)
    {
        var messages = await Read(dispatch, after, ct);
        if (messages.Count > 0 || wait <= TimeSpan.Zero)
            return messages;

        // A worker waits here all its idle life: on a hint, so that any number of them share one connection.
        var started = time.GetTimestamp();
        await using var hints = await Outage.Named(() => redis.Subscribe(RedisKeys.In(dispatch), ct));
        while (true)
        {
            messages = await Read(dispatch, after, ct);
            var left = wait - time.GetElapsedTime(started);
            if (messages.Count > 0 || left <= TimeSpan.Zero)
                return messages;

            await hints.Wait(left < LooksAgainAfter ? left : LooksAgainAfter, ct);
        }
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

    private async Task<IReadOnlyList<UnitMessage>> Read(DispatchId dispatch, long after, CancellationToken ct)
    {
        var reply = await Outage.Named(() => redis.Execute(RedisCommand.Of("XRANGE", RedisKeys.In(dispatch), $"({after}-{ulong.MaxValue}", "+", "COUNT", 64), ct));
        return [.. reply.Items.Select(e => Contract.Read(e.Items[1].Items[1].AsBytes().Span, VexaJson.Default.UnitMessage))];
    }
}
