using Vexa.Contracts;

namespace Vexa.Runtime.Oci;

/// <summary>Whether a program could run limited containers on this machine at all.</summary>
public static class OciFitness
{
    /// <summary>What stands in the way; null where nothing does.</summary>
    /// <param name="program">A name on the path, or an absolute path.</param>
    public static VexaException? FindFault(string program, ControlGroups groups) => (Path.GetFileName(program), groups) switch
    {
        (_, { Layout: CgroupLayout.None }) => Fault("cgroups-missing", "No control groups are mounted, so no limit could hold.", "Mount them: sudo mount -t cgroup2 none /sys/fs/cgroup"),
        (_, { Missing: { Count: > 0 } missing }) => Fault("cgroups-controllers", $"The kernel offers no control groups for {string.Join(", ", missing)}, so no such limit could hold.",
            "Enable them where the kernel is started: cgroup_enable=memory, and no cgroup_disable=."),
        ("crun", { Layout: CgroupLayout.Hybrid }) => Fault("crun-hybrid", "crun refuses hybrid control groups: version 1 and 2 at once.",
            "Use runc: unset VEXA_OCI_RUNTIME. Or start the kernel with systemd.unified_cgroup_hierarchy=1."),
        _ => null,
    };

    private static VexaException Fault(string rule, string message, string hint) => new(Stage.RuntimeStart, Party.Operator, rule, message, hint);
}
