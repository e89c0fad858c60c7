using System.Runtime.CompilerServices;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Redis;

namespace Vexa.Streams;

/// <summary>The output stream of a dispatch, <c>unit:&lt;id&gt;:out</c>: appended by boundaries, read by viewers from any cursor.</summary>
public sealed class UnitStream(RedisClient redis, TimeProvider time)
{
    // Where a dispatch says more than this, its oldest frames go: a stream without a bound is a leak.
    private const int EntriesKept = 100_000;
    // What a worker may write in all the turns of a dispatch; the reserve is for the words that say that it is used up.
    private const long Budget = 64 * 1024 * 1024;
    private const long Reserve = 1024 * 1024;
    // Of the largest frames that the door lets in (1 MiB), as many as one reply of the store may hold.
    private const int ReadAtOnce = 48;

    private static readonly RedisScript AppendScript = RedisScript.FromResource(typeof(UnitStream).Assembly, "Vexa.Streams.append.lua");

    /// <summary>How long a finished stream stays readable here; the transcript in the bucket stays.</summary>
    private static readonly TimeSpan KeptAfterEnd = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeptWhileOpen = TimeSpan.FromDays(3);
    private static readonly TimeSpan HealthKept = TimeSpan.FromMinutes(1);

    // A published hint can be lost; the stream cannot. So a reader looks again now and then by itself.
    private static readonly TimeSpan LooksAgainAfter = TimeSpan.FromSeconds(2);

    /// <summary>Appends events that nobody numbers, such as control's own.</summary>
    public Task<AppendOutcome> Append(DispatchId dispatch, IReadOnlyList<UnitEvent> events, CancellationToken ct) =>
        Append(dispatch, producer: "", first: 0, events, ct);

    /// <summary>
    /// Appends events in order, up to the first that the stream refuses. Dispatch and time are stamped here: what they say does not
    /// come from whoever wrote the event.
    /// </summary>
    /// <param name="producer">Who numbers the events, or empty.</param>
    /// <param name="first">The number of the first event.</param>
    /// <exception cref="VexaException">
    /// 503 <c>redis-unavailable</c>, <c>redis-full</c> or <c>redis-disk</c>; with a producer the same call may safely be made again.
    /// </exception>
    public async Task<AppendOutcome> Append(DispatchId dispatch, string producer, long first, IReadOnlyList<UnitEvent> events, CancellationToken ct)
    {
        var at = time.GetUtcNow();
        var arguments = new List<RedisArg>(7 + events.Count * 3)
        {
            producer, first, EntriesKept, (long)KeptAfterEnd.TotalMilliseconds, (long)KeptWhileOpen.TotalMilliseconds, Budget, Reserve,
        };
        foreach (var plain in events)
        {
            var stamped = plain with { Seq = 0, Dispatch = dispatch, At = at };
            arguments.Add(EventTypes.NameOf(stamped));
            arguments.Add(stamped.Turn?.Value ?? "");
            arguments.Add(JsonSerializer.SerializeToUtf8Bytes(stamped, VexaJson.Default.UnitEvent));
        }

        var reply = await Outage.Named(() => redis.Evaluate(AppendScript, [RedisKeys.Out(dispatch), RedisKeys.OutState(dispatch)], arguments, ct));
        return new AppendOutcome(reply.Items[0].AsInt64(), reply.Items[1].AsInt64(), reply.Items[2].AsString() is { Length: > 0 } rule ? rule : null);
    }

    /// <summary>
    /// Appends what a model call used, on the turn that the worker has under way: the oldest open one. It counts also where no turn is
    /// open, or that turn ends at this moment.
    /// </summary>
    /// <exception cref="VexaException">503, an outage of the store.</exception>
    public async Task<AppendOutcome> AppendUsage(DispatchId dispatch, Usage usage, CancellationToken ct)
    {
        var open = (await State(dispatch, ct)).OpenTurns;
        var outcome = open.Count == 0 ? null : await Append(dispatch, [usage with { Turn = open[0] }], ct);
        return outcome is null or { Refused: "turn-closed" } ? await Append(dispatch, [usage with { Turn = null }], ct) : outcome;
    }

    /// <summary>The frames after <paramref name="after"/>, oldest first.</summary>
    public async Task<IReadOnlyList<StreamFrame>> Read(DispatchId dispatch, long after, int limit, CancellationToken ct)
    {
        var reply = await Outage.Named(() => redis.Execute(
            RedisCommand.Of("XRANGE", RedisKeys.Out(dispatch), $"({after}-{ulong.MaxValue}", "+", "COUNT", limit), ct));
        var frames = new StreamFrame[reply.Items.Count];
        for (var i = 0; i < frames.Length; i++)
        {
            var (id, fields) = (reply.Items[i].Items[0].AsString()!, reply.Items[i].Items[1].Items);
            frames[i] = new StreamFrame(
                long.Parse(id.AsSpan(0, id.IndexOf('-', StringComparison.Ordinal)), provider: null),
                fields[1].AsString()!, fields[3].AsString()!, fields[5].AsBytes());
        }

        return frames;
    }

    /// <summary>
    /// Every frame after <paramref name="after"/>, as it comes, without a gap or a repeat, until <see cref="End"/> went by or the
    /// caller stops. An outage of the store is waited out; a store that lost the stream ends it.
    /// </summary>
    public async IAsyncEnumerable<StreamFrame> Follow(DispatchId dispatch, long after, [EnumeratorCancellation] CancellationToken ct)
    {
        RedisSubscription? hints = null;
        try
        {
            while (true)
            {
                IReadOnlyList<StreamFrame> frames = [];
                try
                {
                    hints ??= await Outage.Named(() => redis.Subscribe(RedisKeys.Out(dispatch), ct));
                    frames = await Read(dispatch, after, ReadAtOnce, ct);
                }
                catch (VexaException outage) when (Outage.Is(outage))
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(250), time, ct);
                    continue;
                }

                foreach (var frame in frames)
                {
                    yield return frame;
                    if (frame.Type == EventTypes.End)
                        yield break;

                    after = frame.Seq;
                }

                if (frames.Count < ReadAtOnce && !await hints.Wait(LooksAgainAfter, ct) && await IsLost(dispatch, after, ct))
                    yield break;
            }
        }
        finally
        {
            if (hints is not null)
                await hints.DisposeAsync();
        }
    }

    // A store that came back empty starts to count again; what was is gone, and nothing that comes goes on from it.
    private async Task<bool> IsLost(DispatchId dispatch, long after, CancellationToken ct)
    {
        try
        {
            return (await State(dispatch, ct)).Seq < after;
        }
        catch (VexaException outage) when (Outage.Is(outage))
        {
            return false;
        }
    }

    /// <summary>Passes where the store takes new frames now. Only a write tells: a store that is full still answers.</summary>
    /// <exception cref="VexaException">503 <c>redis-unavailable</c>, <c>redis-full</c> or <c>redis-disk</c>.</exception>
    public Task CheckHealth(CancellationToken ct) =>
        Outage.Named(() => redis.Execute(RedisCommand.Of("SET", RedisKeys.Health, "ok", "PX", (long)HealthKept.TotalMilliseconds), ct));

    /// <summary>Where the stream stands.</summary>
    public async Task<StreamState> State(DispatchId dispatch, CancellationToken ct)
    {
        var reply = await Outage.Named(() => redis.Execute(RedisCommand.Of("HGETALL", RedisKeys.OutState(dispatch)), ct));
        long seq = 0;
        var ended = false;
        var open = new SortedList<long, TurnId>();
        foreach (var (key, value) in reply.AsMap())
        {
            var name = key.AsString()!;
            if (name == "seq")
                seq = value.AsInt64();
            else if (name == "ended")
                ended = true;
            else if (name.StartsWith("t:", StringComparison.Ordinal) && value.AsString() != "done")
                open.Add(value.AsInt64(), Id.Parse<TurnId>(name[2..]));
        }

        return new StreamState(seq, ended, [.. open.Values]);
    }
}

/// <param name="Seq">The last entry's seq.</param>
/// <param name="Number">The number of the producer's last event that is in the stream.</param>
/// <param name="Refused">The rule that refused an event, or null: <c>turn-closed</c>, <c>turn-exists</c>, <c>turn-unknown</c>, <c>dispatch-ended</c>, <c>turns-open</c>, <c>events-missing</c>, <c>stream-full</c>.</param>
public sealed record AppendOutcome(long Seq, long Number, string? Refused);

/// <summary>One entry: enough beside the JSON that a relay need not parse it.</summary>
public readonly record struct StreamFrame(long Seq, string Type, string Turn, ReadOnlyMemory<byte> Json);

/// <param name="Seq">0 where there is no such stream.</param>
/// <param name="OpenTurns">In the order of their acceptance, which is the order in which a worker takes them.</param>
public sealed record StreamState(long Seq, bool Ended, IReadOnlyList<TurnId> OpenTurns);
