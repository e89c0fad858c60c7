using System.Threading.Channels;
using Vexa.Worker.Door;
using Vexa.Worker.Events;

namespace Vexa.Worker.Turns;

/// <summary>
/// Reads the inbox all the time, also while a turn runs: prompts are queued, a cancel reaches its turn at once, whether it runs or still
/// waits in the queue.
/// </summary>
internal sealed class InboxReader(DoorClient door, TimeProvider clock)
{
    private readonly Channel<QueuedPrompt> _prompts = Channel.CreateUnbounded<QueuedPrompt>(new() { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly Dictionary<TurnId, QueuedPrompt> _open = [];
    private long _after;

    private long After => Interlocked.Read(ref _after);

    /// <summary>
    /// Number of the last message, where nothing up to it waits for its turn; null where a prompt does. An inbox may be closed after this
    /// number and no other: read again later, it may count a prompt that nobody has taken.
    /// </summary>
    public long? Drained()
    {
        // In this order: a message is counted after it was queued.
        var after = After;
        return _prompts.Reader.TryPeek(out _) ? null : after;
    }

    /// <summary>Reads until cancelled.</summary>
    /// <exception cref="VexaException">The door refused.</exception>
    /// <exception cref="DoorUnavailableException">The door stayed away for longer than <see cref="EventOutbox.Patience"/>.</exception>
    public async Task Run(CancellationToken cancellation)
    {
        while (true)
        {
            var inbox = await Retry.WhileUnavailable(again => door.Inbox(After, again), EventOutbox.Patience, clock, cancellation);
            foreach (var message in inbox.Messages.Where(message => message.Seq > After))
            {
                await Take(message);
                Interlocked.Exchange(ref _after, message.Seq);
            }
        }
    }

    /// <summary>The next prompt, or null where none came in time.</summary>
    public async Task<QueuedPrompt?> Next(TimeSpan patience, CancellationToken cancellation)
    {
        if (_prompts.Reader.TryRead(out var ready))
            return ready;

        using var late = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            return await _prompts.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The turn is over: a cancel that comes now has nothing to stop.</summary>
    public void Close(QueuedPrompt prompt)
    {
        lock (_gate)
            _open.Remove(prompt.Prompt.Turn);
        prompt.Dispose();
    }

    private async Task Take(UnitMessage message)
    {
        QueuedPrompt? cancelled = null;
        lock (_gate)
        {
            switch (message)
            {
                case Prompt prompt:
                    var queued = new QueuedPrompt(prompt);
                    if (_open.TryAdd(prompt.Turn, queued))
                        _prompts.Writer.TryWrite(queued);
                    break;
                case Cancel cancel:
                    _open.TryGetValue(cancel.Turn, out cancelled);
                    break;
            }
        }

        if (cancelled is not null)
            await cancelled.Cancel();
    }
}
