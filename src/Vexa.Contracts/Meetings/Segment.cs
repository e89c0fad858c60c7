namespace Vexa.Contracts;

/// <summary>A stretch of speech by one person. One that is not completed is a draft; the same <c>segment_id</c> later replaces it.</summary>
[Contract("transcript.v1")]
public sealed record Segment
{
    /// <summary>As the transcriber named it: 1 to 128 letters, digits, <c>.</c> <c>_</c> <c>:</c> and <c>-</c>.</summary>
    public required string SegmentId { get; init; }
    /// <summary>The speaker's name as people read it; empty where nobody knows.</summary>
    public required string Speaker { get; init; }
    public required string Text { get; init; }
    /// <summary>In seconds since <see cref="SessionStart"/>; 0 or more.</summary>
    public required double Start { get; init; }
    /// <summary>In seconds since <see cref="SessionStart"/>; not before <see cref="Start"/>.</summary>
    public required double End { get; init; }
    /// <summary>True: this is the segment's last version.</summary>
    public required bool Completed { get; init; }
    /// <summary>The same speaker has the same key throughout a meeting, whatever the name; given by the meeting platform.</summary>
    public string? SpeakerKey { get; init; }
    /// <summary>A language tag (BCP 47): <c>en</c>, <c>pt-BR</c>.</summary>
    public string? Language { get; init; }
    /// <summary><see cref="Start"/> by the clock.</summary>
    public DateTimeOffset? AbsoluteStartTime { get; init; }
    /// <summary><see cref="End"/> by the clock.</summary>
    public DateTimeOffset? AbsoluteEndTime { get; init; }
    /// <summary>Where the words come from: <c>captions</c>, or the name of a speech model.</summary>
    public string? Source { get; init; }
    /// <summary>How sure the transcriber is of the text: 0 to 1.</summary>
    public double? Confidence { get; init; }
    /// <summary>In the order in which they were said; at most 4,096.</summary>
    public IReadOnlyList<Word>? Words { get; init; }
}
