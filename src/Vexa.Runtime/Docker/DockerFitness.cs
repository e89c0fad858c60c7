using System.Text.RegularExpressions;
using Vexa.Contracts;
using Vexa.Docker;

namespace Vexa.Runtime.Docker;

/// <summary>Something about an engine that somebody should know.</summary>
/// <param name="Name">Which part of it.</param>
/// <param name="Wrong">True where no container of ours could be walled off by it; false where it is weak.</param>
public sealed record EngineFinding(string Name, string What, string Mend, bool Wrong);

/// <summary>Whether an engine can give the walls that every container has to have.</summary>
internal static partial class DockerFitness
{
    // The first whose profiles know a filter's own error number: without it, programs of a current C library cannot start a thread.
    private static readonly Version LeastEngine = new(20, 10, 10);

    /// <summary>What stands in the way of containers that are isolated so.</summary>
    public static IEnumerable<EngineFinding> Judge(EngineVersion version, EngineInfo info, Isolation isolation)
    {
        if (NumberOf(version.Version) is { } number && number < LeastEngine)
            yield return new("engine", $"the engine is {version.Version}, and system call filters need {LeastEngine}", "Install a newer one: sudo apt-get install --only-upgrade docker.io", Wrong: true);
        if (info.OsType is not "linux")
            yield return new("engine", $"the engine runs {info.OsType} containers", "Use an engine for Linux containers.", Wrong: true);
        if (info.CgroupDriver is not ("cgroupfs" or "systemd") || !info.MemoryLimit || !info.CpuCfsQuota || !info.PidsLimit)
            yield return new("cgroups", "the engine cannot limit memory, processor time and processes",
                "Run it as root, with the cpu, memory and pids controllers of the kernel: docker info shows what is missing.", Wrong: true);
        if (!Has(info, "seccomp"))
            yield return new("seccomp", "the engine filters no system calls", "Use a kernel and an engine with seccomp.", Wrong: true);
        if (Has(info, "rootless") || Has(info, "userns"))
            yield return new("users", "the engine maps the users of containers to others, who may not read what is mounted",
                "Use an engine that runs as root, without userns-remap.", Wrong: true);
        if (isolation == Isolation.Gvisor && Gvisor(info) is { } gvisor)
            yield return gvisor;
    }

    /// <summary>Publicly known weaknesses of this version: <c>docs/runtimes/docker.md</c> says whether a container of ours could use them.</summary>
    public static IEnumerable<EngineFinding> Weaknesses(EngineVersion version)
    {
        if (NumberOf(version.Version) is not { } number)
            yield break;

        List<string> known = [];
        if (number < new Version(20, 10, 14))
            known.Add("CVE-2022-24769");
        if (number < new Version(20, 10, 18))
            known.Add("CVE-2022-36109");
        if (number < new Version(25, 0, 17) || (number.Major > 25 && number < new Version(29, 5, 1)))
            known.AddRange(["CVE-2026-41567", "CVE-2026-41568", "CVE-2026-42306"]);
        if (known.Count > 0)
            yield return new("engine", $"{version.Version}: {string.Join(", ", known)}",
                $"version 29.5.1, or 25.0.17 of that line, mends {string.Join(", ", known)}, unless your distribution has: sudo apt-get install --only-upgrade docker.io; do not use docker cp on a container that runs; docs/runtimes/docker.md says what each means", Wrong: false);
    }

    internal static Version? NumberOf(string version) => Number().Match(version) is { Success: true } match ? new Version(match.Value) : null;

    private static EngineFinding? Gvisor(EngineInfo info)
    {
        const string Mend = """Install it: sudo apt-get install runsc; add to /etc/docker/daemon.json: {"runtimes":{"runsc":{"path":"/usr/bin/runsc","runtimeArgs":["--network=none","--host-uds=open","--overlay2=none"]}}}; then: sudo systemctl restart docker""";
        if (info.Runtimes?.GetValueOrDefault(DockerSpec.GvisorRuntime) is not { } runtime)
            return new("gvisor", "the engine has no runtime called runsc", Mend, Wrong: true);

        // Not every engine tells its arguments: then a start has to show it.
        return runtime.Args is { } args && !args.Any(arg => arg.TrimStart('-') is "host-uds=open" or "host-uds=all" or "fsgofer-host-uds" or "fsgofer-host-uds=true")
            ? new("gvisor", "the engine's runsc may not open sockets of the host, and the door is one", Mend, Wrong: true)
            : null;
    }

    private static bool Has(EngineInfo info, string option) =>
        info.SecurityOptions?.Any(given => given == $"name={option}" || given.StartsWith($"name={option},", StringComparison.Ordinal)) ?? false;

    [GeneratedRegex(@"^\d+\.\d+(\.\d+)?")]
    private static partial Regex Number();
}
