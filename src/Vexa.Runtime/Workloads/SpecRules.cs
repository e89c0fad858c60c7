using Vexa.Contracts;
using Vexa.Runtime.Mounts;

namespace Vexa.Runtime.Workloads;

/// <summary>What a spec may say: it names no path, device, user or privilege of the host, so there is none to check but these.</summary>
internal static class SpecRules
{
    private const int MostArguments = 64;
    private const int MostMounts = 32;
    private const int MostBytes = 512 * 1024;

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
        if (!Slug.IsValid(spec.Image))
            yield return "image: not a name";
        if (spec.Argv.Count is 0 or > MostArguments || !spec.Argv[0].StartsWith('/') || spec.Argv.Any(Unfit))
            yield return $"argv: 1 to {MostArguments} arguments, the first an absolute path";
        if (spec.Env.Any(e => !IsVariable(e.Key) || Unfit(e.Value)))
            yield return "env: names of A-Z, a-z, 0-9 and '_', values without NUL";
        if (spec.Argv.Sum(a => (long)a.Length) + spec.Env.Sum(e => (long)e.Key.Length + e.Value.Length) > MostBytes)
            yield return $"argv and env: at most {MostBytes} characters together";
        if (spec.Mounts.Count > MostMounts || spec.Mounts.DistinctBy(m => m.Workspace).Count() != spec.Mounts.Count)
            yield return $"mounts: at most {MostMounts}, each workspace once";
        if (spec.Mounts.Any(m => m.Path != $"/workspaces/{m.Workspace}"))
            yield return "mounts: the path has to be /workspaces/<workspace>";
        if (spec.Mounts.Any(m => !Snapshots.IsCommit(m.Commit)))
            yield return "mounts: the commit has to be a full commit id";

        foreach (var fault in Faults(spec.Limits))
            yield return fault;
    }

    private static IEnumerable<string> Faults(WorkloadLimits limits)
    {
        if (limits.Cpu is not (>= 0.1 and <= 256))
            yield return "limits.cpu: 0.1 to 256";
        if (limits.MemoryMb is < 16 or > 1024 * 1024)
            yield return "limits.memory_mb: 16 to 1,048,576";
        if (limits.Pids is < 8 or > 32_768)
            yield return "limits.pids: 8 to 32,768";
        if (limits.TmpfsMb is < 1 or > 1024 * 1024)
            yield return "limits.tmpfs_mb: 1 to 1,048,576";
        if (limits.WallSeconds is < 1 or > 86_400)
            yield return "limits.wall_seconds: 1 to 86,400";
    }

    private static bool IsVariable(string name) =>
        name.Length is > 0 and <= 128 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static bool Unfit(string text) => text.Contains('\0', StringComparison.Ordinal);
}
