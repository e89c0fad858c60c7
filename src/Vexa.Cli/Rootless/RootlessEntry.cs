using System.Collections;
using Vexa.Cli.Commands;
using Vexa.Cli.Setup;
using Vexa.Cli.Stack;
using Vexa.Contracts;
using Vexa.Runtime.Oci;

namespace Vexa.Cli.Rootless;

/// <summary>
/// Makes a plain user root of a namespace of the user's own: this program starts again in it, in place of itself, and all roles with it.
/// </summary>
internal static class RootlessEntry
{
    // The user's control group takes the place of the machine's. Its processes go into a group in it, because a group that has some of its
    // own cannot limit groups in it.
    private const string Script = """
        set -e
        mount --bind "/sys/fs/cgroup$1" /sys/fs/cgroup
        mkdir -p /sys/fs/cgroup/stack
        echo $$ > /sys/fs/cgroup/stack/cgroup.procs
        echo "+cpu +memory +pids" > /sys/fs/cgroup/cgroup.subtree_control
        shift
        exec "$@"
        """;

    /// <summary>Returns where this process is root, of the machine or of a namespace; else it does not return.</summary>
    /// <exception cref="VexaException">All that is missing for that.</exception>
    public static void Require(StackOptions options)
    {
        if (Environment.IsPrivilegedProcess)
            return;

        var facts = RootlessFacts.Read(options);
        var faults = RootlessJudge.Judge(facts).ToList();
        if (faults.Count > 0)
            throw Faults.Machine("rootless", $"Containers need root, or for a plain user what is missing here: {string.Join("; ", faults.Select(fault => fault.What))}.",
                $"Start it as root: sudo vexa up. Or mend: {string.Join("; ", faults.Select(fault => fault.Mend))}");
        if (OciFitness.FindFault(options.OciRuntime, ControlGroups.Read()) is { } fault)
            throw fault;

        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!, StringComparer.Ordinal);
        // Their defaults depend on who asks, and in there that is root.
        environment["VEXA_DATA"] = options.DataFolder;
        environment["VEXA_RUN"] = options.RunFolder;
        Libc.Execute([.. Command(facts.Group), .. StackStart.Self, .. Environment.GetCommandLineArgs().Skip(1)], environment);
    }

    internal static IReadOnlyList<string> Command(string group) =>
    [
        Prerequisite.ForRootless[0].FindPath()!, "--user", "--map-root-user", "--map-auto", "--mount", "--cgroup", "--",
        "/bin/sh", "-c", Script, "vexa-rootless", group,
    ];
}
