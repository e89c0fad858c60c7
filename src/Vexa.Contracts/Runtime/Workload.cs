using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary><c>runtime.v1</c>: a container to run. The id is the idempotency key: creating a live id returns it.</summary>
[Contract("runtime.v1")]
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
    /// <summary>What the container is walled off by; absent, what the node is set to.</summary>
    public Isolation? Isolation { get; init; }
    public required WorkloadLimits Limits { get; init; }
    public IReadOnlyDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    /// <summary>The label whose value is the subject of the dispatch; the token has to say the same.</summary>
    public const string SubjectLabel = "vexa.subject";

    [JsonIgnore]
    public string ContainerName => ContainerNameOf(Id);

    public static string ContainerNameOf(DispatchId id) => $"vexa-agent-{id}";

    /// <summary>
    /// Its control group where systemd owns them: a slice of its own below <c>vexa.slice</c>. There a hyphen separates parents from
    /// children, so those of the name are escaped.
    /// </summary>
    public static string SliceOf(string containerName) => $"vexa-{containerName["vexa-".Length..].Replace("-", @"\x2d", StringComparison.Ordinal)}.slice";
}

[JsonConverter(typeof(WorkloadKindJsonConverter))]
public enum WorkloadKind { Agent, Integration, Browser }

[JsonConverter(typeof(IsolationJsonConverter))]
public enum Isolation
{
    /// <summary>Namespaces, seccomp and capabilities of the host's kernel.</summary>
    Runc,
    /// <summary>A kernel of its own in user space (runsc).</summary>
    Gvisor,
    /// <summary>A virtual machine.</summary>
    Kata,
}

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
[Contract("runtime.v1")]
public sealed record WorkloadCreate(WorkloadSpec Spec, string Token);

[Contract("runtime.v1")]
public sealed record WorkloadStatus
{
    public required DispatchId Id { get; init; }
    public required WorkloadState State { get; init; }
    public required string Backend { get; init; }
    public string? Node { get; init; }
    /// <summary>Of the image that it was made from; absent until it runs.</summary>
    public string? ImageDigest { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? StoppedAt { get; init; }
    public int? ExitCode { get; init; }
    public StopReason? StopReason { get; init; }
}

/// <summary><c>GET /workloads</c>: the live ones, and the last that ended.</summary>
[Contract("runtime.v1")]
public sealed record WorkloadList(IReadOnlyList<WorkloadStatus> Workloads);

/// <summary>One transition of a workload.</summary>
[Contract("runtime.v1")]
public sealed record WorkloadEvent
{
    public required DispatchId Id { get; init; }
    /// <summary>1, 2, 3, ... per workload.</summary>
    public required long Seq { get; init; }
    public required DateTimeOffset At { get; init; }
    /// <summary>The state that it came into.</summary>
    public required WorkloadState State { get; init; }
    public StopReason? StopReason { get; init; }
    public int? ExitCode { get; init; }
}

[JsonConverter(typeof(WorkloadStateJsonConverter))]
public enum WorkloadState { Starting, Running, Stopping, Stopped, Destroyed }

[JsonConverter(typeof(StopReasonJsonConverter))]
public enum StopReason { Completed, Failed, Oom, IdleTimeout, Deadline, Cancelled, StartFailed, Lost }
