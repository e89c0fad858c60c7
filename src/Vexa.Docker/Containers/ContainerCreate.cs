namespace Vexa.Docker.Containers;

/// <summary>The body of <c>POST /containers/create</c>: what is used of it here, in the engine's own names.</summary>
public sealed record ContainerCreate
{
    public required string Hostname { get; init; }
    public required string User { get; init; }
    public required IReadOnlyList<string> Env { get; init; }
    public required IReadOnlyList<string> Cmd { get; init; }
    public required string Image { get; init; }
    public required string WorkingDir { get; init; }
    public bool NetworkDisabled { get; init; }
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    public required HostConfig HostConfig { get; init; }
}

/// <summary>What of a container concerns its host.</summary>
public sealed record HostConfig
{
    /// <summary>The OCI runtime that starts it; the engine's default where null.</summary>
    public string? Runtime { get; init; }

    public required string NetworkMode { get; init; }
    public required string IpcMode { get; init; }
    public required string CgroupnsMode { get; init; }
    public required string CgroupParent { get; init; }
    public required bool ReadonlyRootfs { get; init; }
    public required IReadOnlyList<string> CapDrop { get; init; }
    public required IReadOnlyList<string> SecurityOpt { get; init; }
    public required IReadOnlyList<string> MaskedPaths { get; init; }
    public required IReadOnlyList<string> ReadonlyPaths { get; init; }
    public required long Memory { get; init; }

    /// <summary>Memory and swap together: no swap where it is the same as <see cref="Memory"/>.</summary>
    public required long MemorySwap { get; init; }

    public required long CpuPeriod { get; init; }
    public required long CpuQuota { get; init; }
    public required long PidsLimit { get; init; }
    public required int OomScoreAdj { get; init; }
    public required long ShmSize { get; init; }
    public required IReadOnlyList<Ulimit> Ulimits { get; init; }

    /// <summary>Path → mount options. The engine adds <c>noexec</c> where <c>exec</c> is not among them.</summary>
    public required IReadOnlyDictionary<string, string> Tmpfs { get; init; }

    public required IReadOnlyList<BindMount> Mounts { get; init; }
    public required LogConfig LogConfig { get; init; }
    public required RestartPolicy RestartPolicy { get; init; }

    /// <summary>Whether the engine puts a first process of its own before ours. Said always: an engine may be set to do so by default.</summary>
    public required bool Init { get; init; }
}

/// <summary>A limit of each process, as <c>setrlimit(2)</c> knows it.</summary>
/// <param name="Name">In small letters, without its prefix: <c>nofile</c>, <c>core</c>.</param>
/// <param name="Soft">What holds, until a process raises it.</param>
/// <param name="Hard">How far it may.</param>
public sealed record Ulimit(string Name, long Soft, long Hard);

/// <summary>A file or folder of the host that a container sees; it has to be there.</summary>
/// <param name="Source">Path on the host.</param>
/// <param name="Target">Path in the container.</param>
/// <param name="ReadOnly">The container cannot write there, whoever owns it.</param>
public sealed record BindMount(string Source, string Target, bool ReadOnly)
{
    public string Type { get; init; } = "bind";

    public BindOptions BindOptions { get; init; } = new("rprivate", NonRecursive: true);
}

/// <summary>How a bind mount is made.</summary>
/// <param name="Propagation">Whether mounts that come later, on either side, appear on the other.</param>
/// <param name="NonRecursive">Nothing that is mounted below the source appears with it.</param>
public sealed record BindOptions(string Propagation, bool NonRecursive);

/// <summary>Where the engine keeps what a container writes.</summary>
/// <param name="Type">A log driver of the engine; <c>none</c> keeps nothing.</param>
public sealed record LogConfig(string Type);

/// <summary>Whether the engine starts a container again that has ended.</summary>
/// <param name="Name"><c>no</c>, <c>always</c>, <c>unless-stopped</c>, <c>on-failure</c>.</param>
public sealed record RestartPolicy(string Name);

internal sealed record ContainerCreated(string Id);
