using System.Text.Json.Serialization;

namespace Vexa.Docker.Images;

/// <summary>One line of the list of images.</summary>
public sealed record ImageSummary
{
    public required string Id { get; init; }
    public IReadOnlyList<string>? RepoTags { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public long Size { get; init; }
}

/// <summary>What <c>GET /images/&lt;name&gt;/json</c> says.</summary>
public sealed record ImageDetails
{
    public required string Id { get; init; }
    public string? Architecture { get; init; }
    public long Size { get; init; }
}

/// <summary>A line that the engine writes while it loads an image.</summary>
internal sealed record ImageProgress([property: JsonPropertyName("stream")] string? Stream, [property: JsonPropertyName("error")] string? Error);
