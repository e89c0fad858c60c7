using System.Text.Json.Serialization;

namespace Vexa.Docker.Containers;

/// <summary>What <c>GET /containers/&lt;id&gt;/json</c> says.</summary>
public sealed record ContainerDetails
{
    public required string Id { get; init; }
    public required ContainerState State { get; init; }
    public required ContainerConfig Config { get; init; }
}

/// <summary>What its first process does, or how it ended.</summary>
public sealed record ContainerState
{
    /// <summary><c>created</c>, <c>running</c>, <c>paused</c>, <c>restarting</c>, <c>removing</c>, <c>exited</c> or <c>dead</c>.</summary>
    public required string Status { get; init; }

    public bool Running { get; init; }

    [JsonPropertyName("OOMKilled")]
    public bool OomKilled { get; init; }

    public int ExitCode { get; init; }

    /// <summary>Of its first process, on the host; 0 where none runs.</summary>
    public int Pid { get; init; }
}

/// <summary>What it was made with, as far as it is read back.</summary>
/// <param name="Labels">Those of its image too.</param>
public sealed record ContainerConfig(IReadOnlyDictionary<string, string>? Labels);

/// <summary>One line of a list.</summary>
public sealed record ContainerSummary
{
    public required string Id { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}
