using Vexa.Contracts;

namespace Vexa.Runtime.Workloads;

/// <summary>What is the same of a container's walls whatever backend builds them.</summary>
internal static class Walls
{
    /// <summary>In microseconds; a limit on processor time counts within each.</summary>
    public const int CpuPeriod = 100_000;

    /// <summary>The kernel's first choice when the node, not only the container, runs out of memory.</summary>
    public const int OomScoreAdj = 500;

    /// <summary>
    /// Terminals that a container may have open. The kernel has 3,072 for all containers of a machine together, unless it is told otherwise.
    /// </summary>
    public const int Terminals = 16;

    // gVisor's own threads are in the container's control group too.
    private const int SandboxThreads = 128;

    /// <summary>What of <c>/proc</c> and <c>/sys</c> is not to be seen.</summary>
    public static IReadOnlyList<string> MaskedPaths { get; } =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
        "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs",
    ];

    /// <summary>What of it is not to be written.</summary>
    public static IReadOnlyList<string> ReadonlyPaths { get; } = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>Per process, soft and hard alike (<c>setrlimit(2)</c>).</summary>
    public static IReadOnlyList<(string Name, uint Most)> ResourceLimits { get; } = [("core", 0), ("nofile", 16_384), ("memlock", 64 * 1024), ("msgqueue", 0)];

    /// <summary>
    /// Files that a tmpfs of this size may hold: one for each page. Whoever writes into them runs out of space first; whoever makes empty ones,
    /// each of which costs the kernel memory that no size limit counts, runs out of these.
    /// </summary>
    public static long InodesOf(int tmpfsMb) => tmpfsMb * 256L;

    public static int PidsOf(WorkloadLimits limits, Isolation isolation) => limits.Pids + (isolation == Isolation.Gvisor ? SandboxThreads : 0);

    public static string KindOf(WorkloadSpec spec) => spec.Kind switch { WorkloadKind.Agent => "agent", WorkloadKind.Integration => "integration", _ => "browser" };

    /// <summary>Its whole environment; the spec's own wins.</summary>
    public static IReadOnlyList<string> Environment(WorkloadSpec spec)
    {
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/opt/runners/bin:/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = AgentUser.Home,
            ["USER"] = AgentUser.Name,
            ["LANG"] = "C.UTF-8",
            ["TMPDIR"] = "/tmp",
        };
        foreach (var (name, value) in spec.Env)
            variables[name] = value;

        return [.. variables.Select(v => $"{v.Key}={v.Value}")];
    }
}
