using System.Globalization;
using System.Text;
using Vexa.Contracts;

namespace Vexa.Runtime.Workloads;

/// <summary>
/// What of a spec its contract cannot say, and what this node does not do. It names no path, device, user or privilege of the host, so
/// there is none to check.
/// </summary>
internal static class SpecRules
{
    private const int MostCharacters = 512 * 1024;

    // What the kernel takes as one argument, or one variable with its name (MAX_ARG_STRLEN), without the NUL at its end.
    private const int MostBytesOfOne = 131_071;

    /// <exception cref="VexaException">Rule <c>workload-spec</c>, with every fault at once.</exception>
    public static void Check(WorkloadSpec spec, NodeSize node)
    {
        var faults = Faults(spec, node).ToList();
        if (faults.Count > 0)
            throw new VexaException(Stage.RuntimeStart, Party.Caller, "workload-spec", $"The workload cannot be run: {string.Join("; ", faults)}.",
                "Mend the spec.")
            { Status = 400 };
    }

    private static IEnumerable<string> Faults(WorkloadSpec spec, NodeSize node)
    {
        if (spec.Kind != WorkloadKind.Agent)
            yield return "kind: only agent is run here";
        if (spec.Isolation is Isolation.Kata)
            yield return "isolation: runc and gvisor are there on this node";
        if (!spec.Argv[0].StartsWith('/'))
            yield return "argv: the first is an absolute path";
        if (spec.Argv.Sum(a => (long)a.Length) + spec.Env.Sum(e => (long)e.Key.Length + e.Value.Length) > MostCharacters)
            yield return $"argv and env: at most {MostCharacters} characters together";
        if (spec.Argv.Any(a => Encoding.UTF8.GetByteCount(a) > MostBytesOfOne) || spec.Env.Any(e => Encoding.UTF8.GetByteCount($"{e.Key}={e.Value}") > MostBytesOfOne))
            yield return $"argv and env: each at most {MostBytesOfOne} bytes, which is what the kernel takes";
        if (spec.Limits.Cpu > node.MostCpu)
            yield return string.Create(CultureInfo.InvariantCulture, $"limits.cpu: {spec.Limits.Cpu} processors are asked for, and this node has {node.Processors}");
        if (spec.Limits.MemoryMb > node.MostMemoryMb)
            yield return $"limits.memory_mb: {spec.Limits.MemoryMb} MiB are asked for, and this node has {node.MemoryMb}";
        if (spec.Limits.Pids > node.MostPids)
            yield return $"limits.pids: {spec.Limits.Pids} processes are asked for, and this node has {node.Pids}";
        if (spec.Limits.TmpfsMb > node.MostMemoryMb)
            yield return $"limits.tmpfs_mb: {spec.Limits.TmpfsMb} MiB in memory are asked for, and this node has {node.MemoryMb}";
        if (spec.Mounts.DistinctBy(m => m.Workspace).Count() != spec.Mounts.Count)
            yield return "mounts: each workspace once";
        if (spec.Mounts.Any(m => m.Path != $"/workspaces/{m.Workspace}"))
            yield return "mounts: the path has to be /workspaces/<workspace>";
    }
}
