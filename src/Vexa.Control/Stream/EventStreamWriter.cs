using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Vexa.Contracts;
using Vexa.Control.Runs;
using Vexa.Streams;

namespace Vexa.Control.Stream;

/// <summary>
/// Writes a dispatch's events as server-sent events (WHATWG HTML §9.2). The id of each is its seq, so <c>Last-Event-ID</c> resumes without
/// a gap and without a repeat, whichever control process answers. A slow reader holds back only itself.
/// </summary>
internal sealed class EventStreamWriter(UnitStream stream, Transcripts transcripts, TimeProvider time)
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>The cursor of a request: <c>Last-Event-ID</c>, or <c>?after=</c>, or <paramref name="otherwise"/>.</summary>
    /// <exception cref="VexaException">400: not a number, or ahead of the stream.</exception>
    public async Task<long> ReadCursor(HttpContext context, DispatchId dispatch, long otherwise)
    {
        if (CheckCursor(context) is not { } cursor)
            return otherwise;

        var last = await LastSeq(dispatch, context.RequestAborted);
        return cursor <= last
            ? cursor
            : throw new VexaException(Stage.Stream, Party.Caller, "cursor-future", $"The cursor {cursor} is ahead of the stream, which ends at {last}.", "Send the id of the last event that you have, or none.");
    }

    /// <summary>The cursor of a request by its form alone, or null where it has none.</summary>
    /// <exception cref="VexaException">400: not a number.</exception>
    public static long? CheckCursor(HttpContext context)
    {
        var text = context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : context.Request.Query["after"].ToString();
        if (text.Length == 0)
            return null;

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var cursor)
            ? cursor
            : throw new VexaException(Stage.Stream, Party.Caller, "cursor-shape", "The cursor is not a number.", "Send the id of the last event that you have.");
    }

    /// <summary>Writes the events of one turn, up to its terminal frame.</summary>
    public Task WriteTurn(HttpContext context, AcceptedTurnCursor turn) =>
        Write(context, turn.Dispatch, turn.After, frame => frame.Turn == turn.Turn.Value, frame => frame.Type == EventTypes.TurnComplete && frame.Turn == turn.Turn.Value);

    /// <summary>Writes all events of a run, up to its end.</summary>
    public Task WriteRun(HttpContext context, DispatchId dispatch, long after) => Write(context, dispatch, after, _ => true, _ => false);

    /// <summary>Writes the events that are there now, as one JSON array.</summary>
    public async Task WriteSnapshot(HttpContext context, DispatchId dispatch, long after)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        var separator = "["u8.ToArray();
        await foreach (var frame in Recorded(dispatch, after, context.RequestAborted))
        {
            await context.Response.Body.WriteAsync(separator, context.RequestAborted);
            await context.Response.Body.WriteAsync(frame.Json, context.RequestAborted);
            separator = ",\n"u8.ToArray();
        }

        await context.Response.Body.WriteAsync(separator[0] == '[' ? "[]"u8.ToArray() : "]"u8.ToArray(), context.RequestAborted);
    }

    private async Task Write(HttpContext context, DispatchId dispatch, long after, Func<StreamFrame, bool> shown, Func<StreamFrame, bool> last)
    {
        var ct = context.RequestAborted;
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await context.Response.Body.FlushAsync(ct);

        await using var frames = Frames(dispatch, after, ct).GetAsyncEnumerator(ct);
        while (true)
        {
            var next = frames.MoveNextAsync().AsTask();
            try
            {
                while (!await Arrives(next, ct))
                {
                    await context.Response.Body.WriteAsync(": keep-alive\n\n"u8.ToArray(), ct);
                    await context.Response.Body.FlushAsync(ct);
                }
            }
            finally
            {
                // An enumerator may not be let go while it is moving; the same token ends both.
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (!await next)
                return;

            var frame = frames.Current;
            if (!shown(frame))
                continue;

            // The frame is one line of JSON: a line break in what an agent wrote is escaped in it and cannot end the field.
            await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes($"id: {frame.Seq}\nevent: {frame.Type}\ndata: "), ct);
            await context.Response.Body.WriteAsync(frame.Json, ct);
            await context.Response.Body.WriteAsync("\n\n"u8.ToArray(), ct);
            await context.Response.Body.FlushAsync(ct);
            if (last(frame))
                return;
        }
    }

    private async Task<bool> Arrives(Task next, CancellationToken ct)
    {
        try
        {
            await next.WaitAsync(KeepAlive, time, ct);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // Live from the stream; a run whose stream has gone is read from its transcript.
    private async IAsyncEnumerable<StreamFrame> Frames(DispatchId dispatch, long after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var frames = (await stream.State(dispatch, ct)).Seq > 0 ? stream.Follow(dispatch, after, ct) : transcripts.Read(dispatch, after, ct);
        await foreach (var frame in frames)
            yield return frame;
    }

    private async IAsyncEnumerable<StreamFrame> Recorded(DispatchId dispatch, long after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        if ((await stream.State(dispatch, ct)).Seq == 0)
        {
            await foreach (var frame in transcripts.Read(dispatch, after, ct))
                yield return frame;

            yield break;
        }

        while (true)
        {
            var frames = await stream.Read(dispatch, after, 48, ct);
            foreach (var frame in frames)
                yield return frame;

            if (frames.Count < 48)
                yield break;

            after = frames[^1].Seq;
        }
    }

    private async Task<long> LastSeq(DispatchId dispatch, CancellationToken ct)
    {
        var state = await stream.State(dispatch, ct);
        return state.Seq > 0 ? state.Seq : await transcripts.LastSeq(dispatch, ct);
    }
}

/// <summary>A turn to write, and the cursor to begin after.</summary>
internal sealed record AcceptedTurnCursor(DispatchId Dispatch, TurnId Turn, long After);
