using System.Text.Json.Serialization;

namespace Vexa.Docker.Images;

/// <summary>What <c>GET /images/&lt;name&gt;/json</c> says.</summary>
public sealed record ImageDetails
{
    /// <summary><c>sha256:...</c>.</summary>
    public required string Id { get; init; }
}

/// <summary>A line that the engine writes while it loads an image.</summary>
internal sealed record ImageProgress([property: JsonPropertyName("stream")] string? Stream, [property: JsonPropertyName("error")] string? Error);
