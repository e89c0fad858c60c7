using System.Threading.Channels;
using Vexa.Worker.Door;

namespace Vexa.Worker.Events;

/// <summary>
/// Carries frames to the door: in order, numbered 1, 2, 3, ..., in batches of at most <see cref="MaxBatch"/> events, none later than
/// <see cref="Window"/> while the door keeps up. A batch is repeated with its numbers until the door has it, so none is lost or doubled.
/// The queue is short and writers wait for room: a slow door slows the CLI, and memory stays flat.
/// </summary>
/// <param name="opened">Frame number 1 is in the stream already (<see cref="Opening"/>); when it is written here it is not sent again.</param>
internal sealed class EventOutbox(DoorClient door, TimeProvider clock, bool opened) : IDisposable
{
    public const int MaxBatch = 64;
    private const int MaxBatchWeight = 256 * 1024;
    private const string StreamFull = "stream-full";

    /// <summary>How long frames are gathered after a batch went out. The first frame after a pause leaves at once.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(20);

    /// <summary>How long an unavailable door is tried again before the worker gives up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Channel<Item> _queue = Channel.CreateBounded<Item>(new BoundedChannelOptions(256) { SingleReader = true });
    private readonly CancellationTokenSource _broken = new();
    private long _next = opened ? 2 : 1;
    private bool _skip = opened;
    private TurnId? _full;
    private long? _lastSent;

    /// <summary>Cancelled when nothing can be delivered any more; <see cref="Run"/> tells why.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <summary>Queues a frame, after waiting for room.</summary>
    public async ValueTask Write(UnitEvent frame, CancellationToken cancellation)
    {
        if (_queue.Writer.TryWrite(new(frame, null)))
            return;
        await _queue.Writer.WriteAsync(new(frame, null), cancellation);
    }

    /// <summary>Completes when everything written before is in the stream.</summary>
    public async Task Flush(CancellationToken cancellation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _queue.Writer.WriteAsync(new(null, done), cancellation);
        await done.Task.WaitAsync(cancellation);
    }

    /// <summary>Sends until cancelled.</summary>
    /// <exception cref="VexaException">The door refused for good.</exception>
    /// <exception cref="DoorUnavailableException">The door stayed away for longer than <see cref="Patience"/>.</exception>
    public async Task Run(CancellationToken cancellation)
    {
        try
        {
            List<UnitEvent> batch = [];
            List<TaskCompletionSource> flushed = [];
            while (await _queue.Reader.WaitToReadAsync(cancellation))
            {
                await Gather(cancellation);
                Take(batch, flushed);
                if (batch.Count > 0)
                    await Deliver(batch, cancellation);
                foreach (var waiter in flushed)
                    waiter.SetResult();
                batch.Clear();
                flushed.Clear();
            }
        }
        finally
        {
            await _broken.CancelAsync();
        }
    }

    public void Dispose() => _broken.Dispose();

    private async Task Gather(CancellationToken cancellation)
    {
        if (_lastSent is not { } last || _queue.Reader.Count >= MaxBatch)
            return;
        var left = Window - clock.GetElapsedTime(last);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, clock, cancellation);
    }

    private void Take(List<UnitEvent> batch, List<TaskCompletionSource> flushed)
    {
        var weight = 0;
        while (batch.Count < MaxBatch && _queue.Reader.TryPeek(out var item))
        {
            if (_skip)
                _skip = false;
            else if (item.Frame is { } frame)
            {
                if ((weight += Weight(frame)) > MaxBatchWeight && batch.Count > 0)
                    return;
                batch.Add(frame);
            }
            else
                flushed.Add(item.Flushed!);

            _queue.Reader.TryRead(out _);
        }
    }

    private async Task Deliver(List<UnitEvent> batch, CancellationToken cancellation)
    {
        batch.RemoveAll(IsLeftOut);

        try
        {
            if (batch.Count > 0)
                await Append(batch, cancellation);
        }
        catch (VexaException refusal) when (!DoorClient.IsFinal(refusal))
        {
            // One frame may have spoilt the batch. Each goes alone now, and a refused one gives its number to a note about it.
            foreach (var frame in batch)
                await DeliverAlone(frame, cancellation);
        }

        _lastSent = clock.GetTimestamp();
    }

    private async Task DeliverAlone(UnitEvent frame, CancellationToken cancellation)
    {
        if (IsLeftOut(frame))
            return;

        try
        {
            await Append([frame], cancellation);
        }
        catch (VexaException refusal) when (!DoorClient.IsFinal(refusal) && frame is not TurnComplete)
        {
            await Note(frame, refusal, cancellation);
        }
        catch (VexaException refusal) when (!DoorClient.IsFinal(refusal) && frame is TurnComplete { Reply: not null } end)
        {
            await Append([end with { Reply = null }], cancellation);
        }
    }

    private async Task Note(UnitEvent frame, VexaException refusal, CancellationToken cancellation)
    {
        var full = refusal.Rule == StreamFull;
        if (full)
            _full = frame.Turn;

        var message = full ? refusal.Message : $"A {frame.GetType().Name} frame was refused: {refusal.Message}";
        try
        {
            await Append([new Rejected(refusal.Rule, message, refusal.Hint) { Turn = frame.Turn }], cancellation);
        }
        catch (VexaException again) when (again.Rule == StreamFull)
        {
            // Not even that fits any more. The turn's end always does.
        }
    }

    // The stream takes so much of a dispatch. Once a turn was told so, what is left of it is for our own words.
    private bool IsLeftOut(UnitEvent frame) => frame.Turn == _full && frame is not (Phase or Rejected or Error or TurnComplete);

    private async Task Append(List<UnitEvent> events, CancellationToken cancellation)
    {
        await Retry.WhileUnavailable(again => door.Append(_next, events, again), Patience, clock, cancellation);
        _next += events.Count;
    }

    private static int Weight(UnitEvent frame) => 256 + frame switch
    {
        MessageDelta delta => delta.Text.Length,
        ToolCall => Formats.BoundedJson.MaxBytes / 2,
        TurnComplete end => end.Reply?.Length ?? 0,
        _ => 512,
    };

    /// <summary>A frame, or someone who waits until all before is sent.</summary>
    private readonly record struct Item(UnitEvent? Frame, TaskCompletionSource? Flushed);
}
