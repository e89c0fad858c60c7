using System.Runtime.InteropServices;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Docker.Containers;
using Vexa.Runtime.Oci;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Docker;

/// <summary>What the spec has to know about the machine and its engine.</summary>
/// <param name="Owner">This installation, among those that share the engine.</param>
/// <param name="CgroupParent">The cgroup below which containers get theirs, one for each installation: <c>vexa-0a1b2c3d</c>.</param>
/// <param name="SystemdOwnsCgroups">True where the engine asks systemd for control groups, which then are slices.</param>
internal sealed record DockerHost(Architecture Architecture, string Owner, string CgroupParent, bool SystemdOwnsCgroups);

/// <summary>
/// From a plan to the whole body of <c>POST /containers/create</c>: a pure function, so that all there is to know about a container's
/// walls stands in one place and is compared as one document in a test.
/// </summary>
internal static class DockerSpec
{
    public const string DispatchLabel = "vexa.dispatch";
    public const string OwnerLabel = "vexa.owner";
    public const string KindLabel = "vexa.kind";

    /// <summary>What gVisor is called among the engine's runtimes.</summary>
    public const string GvisorRuntime = "runsc";

    private const long MiB = 1024 * 1024;

    public static ContainerCreate Build(WorkloadPlan plan, DockerHost host)
    {
        var spec = plan.Spec;
        return new ContainerCreate
        {
            Hostname = spec.ContainerName,
            User = $"{AgentUser.Uid}:{AgentUser.Gid}",
            Env = Walls.Environment(spec),
            Cmd = spec.Argv,
            Image = ImageTag.Of(plan.Image),
            WorkingDir = AgentUser.Home,
            // With it the engine writes no resolver, no hosts and no sandbox of its own: only the kernel's empty network is left.
            NetworkDisabled = true,
            Labels = Labels(spec, host),
            HostConfig = new HostConfig
            {
                Runtime = plan.Isolation == Isolation.Gvisor ? GvisorRuntime : null,
                NetworkMode = "none",
                IpcMode = "private",
                CgroupnsMode = "private",
                CgroupParent = CgroupParent(spec, host),
                ReadonlyRootfs = true,
                CapDrop = ["ALL"],
                SecurityOpt = ["no-new-privileges", $"seccomp={JsonSerializer.Serialize(Seccomp.For(host.Architecture), CompactOciJson.Default.OciSeccomp)}"],
                MaskedPaths = [.. Walls.MaskedPaths, "/dev/mqueue"],
                ReadonlyPaths = Walls.ReadonlyPaths,
                Memory = spec.Limits.MemoryMb * MiB,
                MemorySwap = spec.Limits.MemoryMb * MiB,
                CpuPeriod = Walls.CpuPeriod,
                CpuQuota = (long)(spec.Limits.Cpu * Walls.CpuPeriod),
                PidsLimit = Walls.PidsOf(spec.Limits, plan.Isolation),
                OomScoreAdj = Walls.OomScoreAdj,
                ShmSize = 64 * MiB,
                Ulimits = [.. Walls.ResourceLimits.Select(limit => new Ulimit(limit.Name, limit.Most, limit.Most))],
                Tmpfs = Tmpfs(spec.Limits),
                Mounts = Mounts(plan),
                // What an agent writes must not lie on the engine's disk: it is attached to, and kept in memory.
                LogConfig = new LogConfig("none"),
                RestartPolicy = new RestartPolicy("no"),
                // The worker is the first process: an engine's own would stand between it and the runtime's signals.
                Init = false,
            },
        };
    }

    // Ours last: what a spec brings can never stand in for them.
    private static SortedDictionary<string, string> Labels(WorkloadSpec spec, DockerHost host) => new(new Dictionary<string, string>(spec.Labels)
    {
        [DispatchLabel] = spec.Id.Value,
        [OwnerLabel] = host.Owner,
        [KindLabel] = Walls.KindOf(spec),
    }, StringComparer.Ordinal);

    // A group named like the container, around the one that the engine names by an id: so the door attests as with any other backend.
    private static string CgroupParent(WorkloadSpec spec, DockerHost host) =>
        host.SystemdOwnsCgroups ? WorkloadSpec.SliceOf(spec.ContainerName) : $"/{host.CgroupParent}/{spec.ContainerName}";

    private static SortedDictionary<string, string> Tmpfs(WorkloadLimits limits) => new(StringComparer.Ordinal)
    {
        ["/tmp"] = $"rw,exec,nosuid,nodev,mode=1777,{Size(limits)}",
        [AgentUser.Home] = $"rw,exec,nosuid,nodev,mode=0700,uid={AgentUser.Uid},gid={AgentUser.Gid},{Size(limits)}",
        // Only to hold mount points: the image's own folders stay as they are for every other container.
        ["/run"] = "ro,noexec,nosuid,nodev,mode=755,size=64k",
        ["/workspaces"] = "ro,noexec,nosuid,nodev,mode=755,size=64k",
    };

    private static string Size(WorkloadLimits limits) => $"size={limits.TmpfsMb}m,nr_inodes={Walls.InodesOf(limits.TmpfsMb)}";

    private static BindMount[] Mounts(WorkloadPlan plan) =>
    [
        // The engine puts an empty file over the image's own.
        ReadOnly($"{plan.Image.Base}/etc/hosts", "/etc/hosts"),
        // The folder and not the socket in it: a door that starts again makes a new socket, which a bind of the old one would never show.
        ReadOnly(plan.DoorFolder, "/run/vexa"),
        ReadOnly(plan.TokenFolder, "/run/vexa/token"),
        .. plan.Mounts.Select(mount => new BindMount(mount.Source, mount.Target, ReadOnly: !mount.Writable)),
    ];

    private static BindMount ReadOnly(string source, string target) => new(source, target, ReadOnly: true);
}
