using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary><c>runtime.v1</c>: a container to run. The id is the idempotency key: creating a live id returns it.</summary>
public sealed record WorkloadSpec
{
    /// <summary>The dispatch; the container is called <see cref="ContainerName"/>.</summary>
    public required DispatchId Id { get; init; }
    public WorkloadKind Kind { get; set; } = WorkloadKind.Agent;
    /// <summary>Name of an image that the node has built: <c>agent</c>.</summary>
    public required string Image { get; init; }
    public required IReadOnlyList<string> Argv { get; init; }
    public IReadOnlyDictionary<string, string> Env { get; set; } = new Dictionary<string, string>();
    public IReadOnlyList<WorkloadMount> Mounts { get; set; } = [];
    public required WorkloadLimits Limits { get; init; }
    public IReadOnlyDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    [JsonIgnore]
    public string ContainerName => ContainerNameOf(Id);

    public static string ContainerNameOf(DispatchId id) => $"vexa-agent-{id}";
}

[JsonConverter(typeof(WorkloadKindJsonConverter))]
public enum WorkloadKind { Agent, Integration, Browser }

/// <summary>A workspace at a commit, to appear at <c>Path</c> inside the container.</summary>
public sealed record WorkloadMount(WorkspaceId Workspace, string Path, AccessMode Mode, string Commit);

public sealed record WorkloadLimits
{
    /// <summary>Processors; 0.1 to the node's own count.</summary>
    public double Cpu { get; set; } = 2;
    public int MemoryMb { get; set; } = 2048;
    public int Pids { get; set; } = 256;
    /// <summary>Size limit of each writable tmpfs, in MiB.</summary>
    public int TmpfsMb { get; set; } = 512;
    public int WallSeconds { get; set; } = 3600;
    public int IdleSeconds { get; set; } = 60;
}

/// <summary>What control posts: the spec, and the dispatch token that the runtime lays down for the worker and keeps nowhere.</summary>
public sealed record WorkloadCreate(WorkloadSpec Spec, string Token);

public sealed record WorkloadStatus
{
    public required DispatchId Id { get; init; }
    public required WorkloadState State { get; init; }
    public required string Backend { get; init; }
    public string? Node { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? StoppedAt { get; init; }
    public int? ExitCode { get; init; }
    public StopReason? StopReason { get; init; }
}

[JsonConverter(typeof(WorkloadStateJsonConverter))]
public enum WorkloadState { Starting, Running, Stopping, Stopped, Destroyed }

[JsonConverter(typeof(StopReasonJsonConverter))]
public enum StopReason { Completed, Failed, Oom, IdleTimeout, Deadline, Cancelled, StartFailed, Lost }
