using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary><c>unit.v1</c>: one unit of work. The only thing that ever runs an agent (I1).</summary>
[Contract("unit.v1")]
public sealed record Dispatch
{
    public required DispatchId Id { get; init; }
    public SessionId? Session { get; init; }
    public required DispatchIdentity Identity { get; init; }
    public required RunnerName Runner { get; init; }
    /// <summary>At least one; the first <c>rw</c> one is the home workspace, which keeps the agent's session.</summary>
    public required IReadOnlyList<WorkspaceAccess> Workspaces { get; init; }
    public IReadOnlyList<string> Tools { get; set; } = [];
    public required DispatchStart Start { get; init; }
    public required DispatchOrigin Origin { get; init; }
    public DispatchLimits Limits { get; set; } = new();
}

public sealed record DispatchIdentity
{
    /// <summary>On whose behalf.</summary>
    public required SubjectId Subject { get; init; }
    /// <summary>Who fired it.</summary>
    public required Launcher Launcher { get; init; }
    /// <summary>Id of the delegation grant, where the launcher is not a person.</summary>
    public string? Grant { get; init; }
}

/// <summary>A workspace and how it may be used.</summary>
public sealed record WorkspaceAccess(WorkspaceId Id, AccessMode Mode);

[JsonConverter(typeof(AccessModeJsonConverter))]
public enum AccessMode { Ro, Rw }

/// <summary>Exactly one of the two is set.</summary>
public sealed record DispatchStart
{
    public Entrypoint? Entrypoint { get; init; }
    public SessionReference? Session { get; init; }
}

/// <summary>A plan to begin with: given here, or a file in a mounted workspace.</summary>
public sealed record Entrypoint
{
    public string? Inline { get; init; }
    public string? Path { get; init; }
}

/// <summary>A session to resume, by the id that the runner gave it.</summary>
public sealed record SessionReference(string Ref);

public sealed record DispatchOrigin
{
    public required Trigger Trigger { get; init; }
    public OriginSource? Source { get; init; }
    public DateTimeOffset? OccurredAt { get; init; }
}

public sealed record OriginSource(string Uri, string? Etag = null);

[JsonConverter(typeof(TriggerJsonConverter))]
public enum Trigger { Message, Scheduled, Event, Transcription }

public sealed record DispatchLimits
{
    /// <summary>Longest life of the container, in seconds; 1 to 86,400.</summary>
    public int WallSeconds { get; set; } = 3600;
    /// <summary>How long a container waits for the next message, in seconds; 1 to 3,600.</summary>
    public int IdleSeconds { get; set; } = 60;
    public long? MaxTokens { get; init; }
    public decimal? MaxCostUsd { get; init; }
}
