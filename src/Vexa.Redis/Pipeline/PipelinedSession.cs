using System.Buffers;
using System.Collections.Concurrent;

namespace Vexa.Redis;

/// <summary>
/// The life of one shared connection: a writer that gathers whatever waits into few writes, a reader that matches replies to
/// commands by their order and hands out pushes, and a watch for a server that has gone silent.
/// </summary>
internal sealed class PipelinedSession(
    RespConnection connection, Outbox outbox, SubscriptionTable subscriptions, RedisOptions options, TimeProvider time)
{
    /// <summary>Small commands are gathered up to this size; larger ones go out on their own, without another copy.</summary>
    private const int GatherBytes = 64 * 1024;

    /// <summary>A large command goes out in slices, so that the watch sees that it moves.</summary>
    private const int SliceBytes = 1024 * 1024;

    private readonly ConcurrentQueue<Request> _inFlight = new();

    /// <summary>Runs until the connection is lost or the client closes; whatever was in flight has failed when it returns.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<Exception> Run(CancellationToken closing)
    {
        subscriptions.StartOver();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(closing);
        Task[] parts = [WriteAll(ending.Token), ReadAll(ending.Token), Watch(ending.Token)];
        var first = await Task.WhenAny(parts);
        await ending.CancelAsync();
        await connection.DisposeAsync();
        await Task.WhenAll(parts).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        var reason = closing.IsCancellationRequested
            ? new OperationCanceledException("the client was closed")
            : first.Exception?.InnerException ?? new EndOfStreamException("the connection ended");
        while (_inFlight.TryDequeue(out var request))
            request.Lose(reason);
        return reason;
    }

    private async Task WriteAll(CancellationToken ct)
    {
        var gathered = new ArrayBufferWriter<byte>(GatherBytes * 2);
        while (true)
        {
            while (subscriptions.TryTakeChange(out var change))
                await Write(change, gathered, ct);
            while (outbox.TryTake(out var request))
                await Write(request, gathered, ct);
            if (gathered.WrittenCount > 0)
                await Flush(gathered, ct);
            else
                await outbox.WaitForWork(ct);
        }
    }

    private async ValueTask Write(Request request, ArrayBufferWriter<byte> gathered, CancellationToken ct)
    {
        // In flight before its first byte can leave, for the reply may come at any moment after.
        request.SentAt = time.GetTimestamp();
        _inFlight.Enqueue(request);
        if (request.Wire.Length < GatherBytes)
        {
            gathered.Write(request.Wire.Span);
            if (gathered.WrittenCount >= GatherBytes)
                await Flush(gathered, ct);
            return;
        }

        if (gathered.WrittenCount > 0)
            await Flush(gathered, ct);
        for (var rest = request.Wire; !rest.IsEmpty; rest = rest[Math.Min(SliceBytes, rest.Length)..])
        {
            await connection.Write(rest[..Math.Min(SliceBytes, rest.Length)], ct);
            request.SentAt = time.GetTimestamp();
        }
    }

    private async ValueTask Flush(ArrayBufferWriter<byte> gathered, CancellationToken ct)
    {
        await connection.Write(gathered.WrittenMemory, ct);
        gathered.ResetWrittenCount();
    }

    private async Task ReadAll(CancellationToken ct)
    {
        while (true)
        {
            var value = await connection.Read(ct);
            if (value.Kind != RespKind.Push)
            {
                if (!_inFlight.TryDequeue(out var request))
                    throw new RespProtocolException("a reply to no command");
                request.Answer(value);
            }
            else if (SubscriptionTable.IsConfirmation(value))
            {
                // The server confirms with a push in place of a reply, at the reply's place in the order.
                if (!_inFlight.TryDequeue(out var request) || request is not SubscriptionRequest change || !change.IsConfirmedBy(value))
                    throw new RespProtocolException("a confirmation of no subscription");
                change.Confirm();
            }
            else
            {
                subscriptions.Hint(value);
            }
        }
    }

    private async Task Watch(CancellationToken ct)
    {
        var period = options.CommandTimeout / 8;
        while (true)
        {
            await Task.Delay(period, time, ct);
            if (_inFlight.TryPeek(out var oldest)
                && time.GetElapsedTime(Math.Max(oldest.SentAt, connection.LastReceived)) > options.CommandTimeout)
            {
                throw new TimeoutException($"the server said nothing for {options.CommandTimeout.TotalSeconds:0.###} s");
            }
        }
    }
}
