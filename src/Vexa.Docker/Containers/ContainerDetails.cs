using System.Text.Json.Serialization;

namespace Vexa.Docker.Containers;

/// <summary>What <c>GET /containers/&lt;id&gt;/json</c> says.</summary>
public sealed record ContainerDetails
{
    public required string Id { get; init; }
    public required ContainerState State { get; init; }
    public required ContainerConfig Config { get; init; }
}

public sealed record ContainerState
{
    /// <summary><c>created</c>, <c>running</c>, <c>paused</c>, <c>restarting</c>, <c>removing</c>, <c>exited</c> or <c>dead</c>.</summary>
    public required string Status { get; init; }

    public bool Running { get; init; }

    [JsonPropertyName("OOMKilled")]
    public bool OomKilled { get; init; }

    public int ExitCode { get; init; }

    /// <summary>Why it could not be started; empty where it could.</summary>
    public string? Error { get; init; }

    /// <summary>Of its first process, on the host; 0 where none runs.</summary>
    public int Pid { get; init; }
}

public sealed record ContainerConfig(string? Image, IReadOnlyDictionary<string, string>? Labels);

/// <summary>One line of a list.</summary>
public sealed record ContainerSummary
{
    public required string Id { get; init; }

    /// <summary>The image as it was asked for, or its id where that name means another one by now.</summary>
    public string? Image { get; init; }

    /// <summary>The image that it was made of: <c>sha256:...</c>.</summary>
    [JsonPropertyName("ImageID")]
    public string? ImageId { get; init; }

    /// <summary>As in <see cref="ContainerState.Status"/>.</summary>
    public string? State { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}
