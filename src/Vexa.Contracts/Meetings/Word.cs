using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>One word and when it was said.</summary>
public sealed record Word
{
    /// <summary>With the punctuation that follows it.</summary>
    [JsonPropertyName("word")]
    public required string Text { get; init; }
    /// <summary>In seconds since <see cref="SessionStart"/>; 0 or more.</summary>
    public required double Start { get; init; }
    /// <summary>In seconds since <see cref="SessionStart"/>; not before <see cref="Start"/>.</summary>
    public required double End { get; init; }
    /// <summary>How sure the transcriber is of the word: 0 to 1.</summary>
    public required double Probability { get; init; }
}
