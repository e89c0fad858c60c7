using Vexa.Contracts;

namespace Vexa.Runtime.Workloads;

/// <summary>
/// What of a spec its contract cannot say, and what this node does not do. It names no path, device, user or privilege of the host, so
/// there is none to check.
/// </summary>
internal static class SpecRules
{
    private const int MostCharacters = 512 * 1024;

    /// <exception cref="VexaException">Rule <c>workload-spec</c>, with every fault at once.</exception>
    public static void Check(WorkloadSpec spec)
    {
        var faults = Faults(spec).ToList();
        if (faults.Count > 0)
            throw new VexaException(Stage.RuntimeStart, Party.Caller, "workload-spec", $"The workload cannot be run: {string.Join("; ", faults)}.",
                "Mend the spec.")
            { Status = 400 };
    }

    private static IEnumerable<string> Faults(WorkloadSpec spec)
    {
        if (spec.Kind != WorkloadKind.Agent)
            yield return "kind: only agent is run here";
        if (spec.Isolation is Isolation.Kata)
            yield return "isolation: runc and gvisor are there on this node";
        if (!spec.Argv[0].StartsWith('/'))
            yield return "argv: the first is an absolute path";
        if (spec.Argv.Sum(a => (long)a.Length) + spec.Env.Sum(e => (long)e.Key.Length + e.Value.Length) > MostCharacters)
            yield return $"argv and env: at most {MostCharacters} characters together";
        if (spec.Mounts.DistinctBy(m => m.Workspace).Count() != spec.Mounts.Count)
            yield return "mounts: each workspace once";
        if (spec.Mounts.Any(m => m.Path != $"/workspaces/{m.Workspace}"))
            yield return "mounts: the path has to be /workspaces/<workspace>";
    }
}
