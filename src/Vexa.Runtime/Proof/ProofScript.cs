using Vexa.Contracts;

namespace Vexa.Runtime.Proof;

/// <summary>The questions that a container is asked about its own walls, and how its answers are read.</summary>
internal static class ProofScript
{
    public const int Pids = 16;
    public const int TmpfsMb = 1;

    private const string Held = "held";

    /// <summary>
    /// For any POSIX shell. Each line of what it prints is <c>wall=held</c> or <c>wall=open</c>; a wall that it does not come to speak of is
    /// taken for open. Whether something could be written is read off the mounts: that the agent's user may not write it says nothing of them.
    /// </summary>
    public const string Text =
        """
        say() { if [ "$2" = yes ]; then echo "$1=held"; else echo "$1=open"; fi; }
        test_() { if eval "$2" 2>/dev/null; then say "$1" yes; else say "$1" no; fi; }
        field() { sed -n "s/^$1:[[:space:]]*//p" /proc/self/status; }
        read_only() { for at in "$@"; do [ "$(sed -n "s|^[0-9]* [0-9]* [^ ]* [^ ]* $at \(r[ow]\).*|\1|p" /proc/self/mountinfo | sort -u)" = ro ] || return 1; done; }
        test_ user '[ "$(id -u)" = 10001 ] && [ "$(id -g)" = 10001 ]'
        test_ capabilities '[ "$(field CapEff)$(field CapPrm)$(field CapBnd)" = 000000000000000000000000000000000000000000000000 ]'
        test_ new-privileges '[ "$(field NoNewPrivs)" = 1 ]'
        test_ system-calls '[ "$(field Seccomp)" = 2 ]'
        test_ root-file-system 'read_only / /run /workspaces && ! touch /proof'
        test_ host-files '[ ! -e "$CANARY" ]'
        test_ processes '[ "$(cd /proc; set -- [0-9]*; echo $#)" -le 4 ]'
        test_ network '[ "$(sed -n "s/^ *\([a-z0-9]*\):.*/\1/p" /proc/net/dev)" = lo ]'
        test_ kernel-settings 'read_only /sys /proc/sys'
        test_ file-size-limit '! head -c 2000000 /dev/zero > /tmp/proof'
        test_ process-limit '! ( i=0; while [ $i -lt 64 ]; do sleep 1 & i=$((i+1)); done )'
        exit 0
        """;

    private static readonly string[] All =
    [
        "user", "capabilities", "root-file-system", "host-files", "processes", "network", "file-size-limit",
    ];

    // What gVisor's own kernel has no word for, or holds in its own way.
    private static readonly string[] OnTheHostsKernel = ["new-privileges", "system-calls", "kernel-settings", "process-limit"];

    /// <summary>What has to stand.</summary>
    public static IReadOnlyList<string> Walls(Isolation isolation) => [.. All, .. isolation == Isolation.Gvisor ? [] : OnTheHostsKernel];

    /// <summary>The walls that do not stand, by what the container printed.</summary>
    public static IReadOnlyList<string> Open(string output, Isolation isolation)
    {
        var said = output.Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToLookup(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return [.. Walls(isolation).Where(wall => said[wall].ToList() is not [Held])];
    }
}
