using Vexa.Contracts;
using Vexa.Runtime.Oci;

namespace Vexa.Cli.Rootless;

/// <summary>One thing that keeps a plain user from running containers.</summary>
internal sealed record RootlessFault(string What, string Mend);

/// <summary>Whether a plain user can run containers here with every wall and limit that root's have.</summary>
internal static class RootlessJudge
{
    /// <summary>As many as <c>adduser</c> gives; the agent's user is 10001.</summary>
    private const long LeastIds = 65_536;

    /// <summary>What every container may have open: root of a namespace may not give more than the user has.</summary>
    private const long ContainerFiles = 16_384;

    /// <summary>The first whose tmpfs keeps the marks by which an overlay remembers what was removed, in a user namespace too.</summary>
    private static readonly Version LeastKernel = new(6, 6);
    private static readonly string[] Controllers = ["cpu", "memory", "pids"];

    /// <summary>Everything that is missing; empty where it works.</summary>
    public static IEnumerable<RootlessFault> Judge(RootlessFacts facts)
    {
        if (facts.Backend != "oci")
            yield return new("the Docker Engine cannot see what is mounted in a user's own namespace", "unset VEXA_BACKEND, or sudo vexa up");
        if (facts.Isolation != Isolation.Runc)
            yield return new("gVisor has to be started by root", "unset VEXA_ISOLATION, or sudo vexa up");
        if (facts.Kernel < LeastKernel)
            yield return new($"Linux {facts.Kernel.ToString(2)} cannot keep what an agent removes: {LeastKernel} can", "use a newer kernel, or sudo vexa up");
        if (!facts.UserNamespaces)
            yield return new("plain users may make no user namespace", "sudo sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1");
        if (facts.AppArmorRestricts)
            yield return new("AppArmor leaves a user namespace without rights", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
        if (facts.MissingTools.Count > 0)
            yield return new($"not installed: {string.Join(", ", facts.MissingTools)}", "sudo apt-get install uidmap util-linux");
        if (facts.SubordinateUsers < LeastIds || facts.SubordinateGroups < LeastIds)
            yield return new($"{facts.User} has {Math.Min(facts.SubordinateUsers, facts.SubordinateGroups)} subordinate ids, {LeastIds} are needed",
                $"sudo usermod --add-subuids 200000-265535 --add-subgids 200000-265535 {facts.User}");
        if (facts.OpenFiles < ContainerFiles)
            yield return new($"{facts.User} may open {facts.OpenFiles} files, a container is given {ContainerFiles}", $"add to /etc/security/limits.conf: {facts.User} hard nofile 65536; log in again");
        if (GroupFault(facts) is { } group)
            yield return group;
        if (!facts.RunFolderOnTmpfs)
            yield return new($"the runtime folder {facts.RunFolder} is on a disk", "name a folder on tmpfs in VEXA_RUN, or unset it");
        else if (facts.ClosedFolder is { } closed)
            yield return new($"other users, such as the agent's, may not pass through {closed}", "name a folder below /dev/shm in VEXA_RUN, or unset it");
    }

    // Without a group of one's own there are no limits, and limits are not left out.
    private static RootlessFault? GroupFault(RootlessFacts facts)
    {
        const string Delegate = "systemd-run --user --scope -p Delegate=yes ./vexa up";
        if (facts.Layout != CgroupLayout.V2)
            return new("limits cannot be handed to a user where control groups are not version 2 alone", "start the kernel with systemd.unified_cgroup_hierarchy=1, or sudo vexa up");
        if (!facts.GroupIsOwn)
            return new($"the control group {facts.Group} is not this user's, so no limit could be set", Delegate);
        if (Controllers.Except(facts.GroupControllers).ToList() is { Count: > 0 } missing)
            return new($"the control group {facts.Group} has no {string.Join(", ", missing)}, so no such limit could be set",
                $"sudo systemctl edit user@.service, with [Service] Delegate=cpu memory pids; log in again; {Delegate}");
        return facts.OtherProcesses > 0
            ? new($"{facts.OtherProcesses} other processes are in the control group {facts.Group}, which has to be for Vexa alone", Delegate)
            : null;
    }
}
