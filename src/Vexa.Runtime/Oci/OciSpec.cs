using System.Runtime.InteropServices;
using Vexa.Contracts;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Oci;

/// <summary>What the spec has to know about the machine.</summary>
/// <param name="CgroupParent">The cgroup below which containers get theirs, one for each installation: <c>vexa-0a1b2c3d</c>.</param>
/// <param name="CountsSwap">False where the kernel keeps no account of swap, so no limit on it can be set.</param>
internal sealed record OciHost(Architecture Architecture, string CgroupParent, bool CountsSwap);

/// <summary>
/// From a plan to the whole <c>config.json</c>: a pure function, so that all there is to know about a container's walls stands in
/// one place and is compared as one document in a test.
/// </summary>
internal static class OciSpec
{
    private const long MiB = 1024 * 1024;
    private const ulong CpuPeriod = Walls.CpuPeriod;

    public static OciConfig Build(WorkloadPlan plan, OciHost host)
    {
        var spec = plan.Spec;
        return new OciConfig
        {
            Hostname = spec.ContainerName,
            Root = new OciRoot(plan.Image.Base, Readonly: true),
            Process = new OciProcess
            {
                User = new OciUser(AgentUser.Uid, AgentUser.Gid, Umask: 0x12), // 022
                Args = spec.Argv,
                Env = Walls.Environment(spec),
                Cwd = AgentUser.Home,
                Capabilities = new OciCapabilities(),
                NoNewPrivileges = true,
                OomScoreAdj = Walls.OomScoreAdj,
                Rlimits = [.. Walls.ResourceLimits.Select(limit => new OciRlimit($"RLIMIT_{limit.Name.ToUpperInvariant()}", limit.Most, limit.Most))],
            },
            Mounts = [.. SystemMounts(spec.Limits), .. ImageMounts(plan), .. DoorMounts(plan), .. plan.Mounts.Select(Workspace)],
            Annotations = new Dictionary<string, string>
            {
                ["vexa.dispatch"] = spec.Id.Value,
                ["vexa.kind"] = Walls.KindOf(spec),
            },
            Linux = new OciLinux
            {
                Namespaces = [new("pid"), new("ipc"), new("uts"), new("mount"), new("network"), new("cgroup")],
                CgroupsPath = $"/{host.CgroupParent}/{spec.ContainerName}",
                Resources = Resources(spec.Limits, plan.Isolation, host),
                Seccomp = Seccomp.For(host.Architecture),
                MaskedPaths = Walls.MaskedPaths,
                ReadonlyPaths = Walls.ReadonlyPaths,
            },
        };
    }

    private static OciMount[] SystemMounts(WorkloadLimits limits) =>
    [
        new("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
        new("/dev", "tmpfs", "tmpfs", ["nosuid", "noexec", "strictatime", "mode=755", "size=64k"]),
        new("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", $"max={Walls.Terminals}"]),
        new("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=64m", $"nr_inodes={Walls.InodesOf(64)}"]),
        new("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
        Tmpfs("/tmp", "mode=1777", limits),
        Tmpfs(AgentUser.Home, $"mode=0700,uid={AgentUser.Uid},gid={AgentUser.Gid}", limits),
        // Only to hold mount points: the image's own folders stay as they are for every other container.
        new("/run", "tmpfs", "tmpfs", ["nosuid", "nodev", "noexec", "mode=755", "size=64k", "ro"]),
        new("/workspaces", "tmpfs", "tmpfs", ["nosuid", "nodev", "noexec", "mode=755", "size=64k", "ro"]),
    ];

    private static OciMount Tmpfs(string target, string owner, WorkloadLimits limits) =>
        new(target, "tmpfs", "tmpfs", ["nosuid", "nodev", .. owner.Split(','), $"size={limits.TmpfsMb}m", $"nr_inodes={Walls.InodesOf(limits.TmpfsMb)}"]);

    private static IEnumerable<OciMount> ImageMounts(WorkloadPlan plan)
    {
        if (plan.Image.Runners is { } runners)
            yield return ReadOnlyBind(runners, "/opt/runners");
        if (plan.Image.Worker is { } worker)
            yield return ReadOnlyBind(worker, "/opt/vexa");
    }

    // The folder and not the socket in it: a door that starts again makes a new socket, which a bind of the old one would never show.
    private static OciMount[] DoorMounts(WorkloadPlan plan) =>
    [
        ReadOnlyBind(plan.DoorFolder, "/run/vexa", "noexec"),
        ReadOnlyBind(plan.TokenFolder, "/run/vexa/token", "noexec"),
    ];

    private static OciMount Workspace(PlannedMount mount) => mount.Writable
        ? new(mount.Target, "bind", mount.Source, ["bind", "rw", "nosuid", "nodev", "private"])
        : ReadOnlyBind(mount.Source, mount.Target);

    private static OciMount ReadOnlyBind(string source, string target, params string[] more) =>
        new(target, "bind", source, ["bind", "ro", "nosuid", "nodev", "private", .. more]);

    private static OciResources Resources(WorkloadLimits limits, Isolation isolation, OciHost host) => new()
    {
        Devices = [new OciDeviceRule(Allow: false, "rwm")],
        Memory = new OciMemory(limits.MemoryMb * MiB, host.CountsSwap ? limits.MemoryMb * MiB : null),
        Cpu = new OciCpu((long)(limits.Cpu * CpuPeriod), CpuPeriod),
        Pids = new OciPids(Walls.PidsOf(limits, isolation)),
    };
}
