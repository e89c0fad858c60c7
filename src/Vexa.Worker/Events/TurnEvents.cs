namespace Vexa.Worker.Events;

/// <summary>
/// The frames of one turn on their way to the outbox. What a CLI can make us say is capped: over the cap one <c>rejected</c> says so,
/// and only frames of our own follow.
/// </summary>
internal sealed class TurnEvents(EventOutbox outbox, TurnId turn)
{
    /// <summary>Frames that a CLI's output may become in one turn.</summary>
    public const int MaxFrames = 50_000;
    /// <summary>Characters of text that a CLI's output may become in one turn.</summary>
    public const int MaxText = 16 * 1024 * 1024;
    /// <summary>Longer text is split over frames, so that no frame is large.</summary>
    public const int MaxDelta = 16 * 1024;

    private int _frames;
    private long _text;
    private bool _full;

    /// <summary>Set when the CLI was cancelled: what it still says is nobody's business.</summary>
    public bool Muted { get; set; }

    /// <summary>A frame of our own.</summary>
    public ValueTask Say(UnitEvent frame, CancellationToken cancellation) => outbox.Write(frame with { Turn = turn }, cancellation);

    /// <summary>A frame that the CLI's output became.</summary>
    public async ValueTask Relay(UnitEvent frame, CancellationToken cancellation)
    {
        if (frame is not MessageDelta { Text.Length: > MaxDelta } long_)
        {
            await RelayOne(frame, cancellation);
            return;
        }

        for (var at = 0; at < long_.Text.Length && !_full;)
        {
            var take = Math.Min(MaxDelta, long_.Text.Length - at);
            if (at + take < long_.Text.Length && char.IsHighSurrogate(long_.Text[at + take - 1]))
                take--;
            await RelayOne(new MessageDelta(long_.Text.Substring(at, take)), cancellation);
            at += take;
        }
    }

    private async ValueTask RelayOne(UnitEvent frame, CancellationToken cancellation)
    {
        if (Muted || _full)
            return;

        _text += frame is MessageDelta delta ? delta.Text.Length : 0;
        _full = ++_frames > MaxFrames || _text > MaxText;
        await Say(_full ? TooMuch : frame, cancellation);
    }

    private static Rejected TooMuch => new("too-much-output",
        $"The runner said more than {MaxFrames} frames or {MaxText / 1024 / 1024} MiB in this turn; the rest is left out.",
        "Ask for less at once, or for the output in a file.");
}
