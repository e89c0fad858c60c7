using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary><c>transcript.v1</c>: what goes over the bus of a meeting.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(SessionStart), "session_start")]
[JsonDerivedType(typeof(Transcription), "transcription")]
[JsonDerivedType(typeof(SessionEnd), "session_end")]
[Contract("transcript.v1")]
public abstract record TranscriptMessage
{
    public required MeetingId Meeting { get; init; }
    public required MeetingSessionId Session { get; init; }
}

/// <summary>The recorder has come into the meeting; the seconds of all segments count from here.</summary>
public sealed record SessionStart : TranscriptMessage
{
    public required DateTimeOffset At { get; init; }
}

/// <summary>Words were heard, or heard better than before.</summary>
public sealed record Transcription : TranscriptMessage
{
    /// <summary>1 to 1,024, in the order of their start.</summary>
    public required IReadOnlyList<Segment> Segments { get; init; }
}

/// <summary>The recorder has left; no more segments follow in this session.</summary>
public sealed record SessionEnd : TranscriptMessage
{
    public required DateTimeOffset At { get; init; }
}
