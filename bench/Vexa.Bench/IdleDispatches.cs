using System.Globalization;
using Vexa.Contracts;

namespace Vexa.Bench;

/// <summary>Many dispatches alive at once, through the whole stack's front door: each has answered once and waits for its next message.</summary>
internal static class IdleDispatches
{
    private const int Count = 500;
    private const string Cgroups = "/sys/fs/cgroup";
    // Version 2, and the memory controller of version 1.
    private static readonly string[] Roots = [Cgroups, $"{Cgroups}/memory"];
    private static readonly string[] Usages = ["memory.current", "memory.usage_in_bytes"];

    public static async Task<IReadOnlyList<Figure>> Measured(CancellationToken stop)
    {
        var limit = (Count + 10).ToString(CultureInfo.InvariantCulture);
        await using var stack = await BenchStack.Start(stop, new Dictionary<string, string> { ["VEXA_MAX_WORKLOADS"] = limit, ["VEXA_MAX_PER_SUBJECT"] = limit });
        // What the roles load once does not count for the dispatches.
        var ids = new List<DispatchId> { await stack.Idle() };
        var before = AvailableMb();
        var took = await Measure.Time(() => Parallel.ForEachAsync(Enumerable.Range(0, Count), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = stop }, async (_, _) =>
        {
            var id = await stack.Idle();
            lock (ids)
                ids.Add(id);
        }));
        var machine = (before - AvailableMb()) / Count;
        var alive = ids.Count(id => Group(id) is { } group && File.ReadLines(Path.Combine(group, "cgroup.procs")).Any());
        var own = ids.Select(Group).OfType<string>().Average(UsedMb);
        var down = await Measure.Time(stack.Down);
        var left = ids.Count(id => Group(id) is not null);
        return
        [
            new($"{Count} idle dispatches: answered once, in", took.TotalSeconds, "s"),
            new("  of these, and the one before, not alive", ids.Count - alive, "", Most: 0),
            new("  memory of the machine, each", machine, "MB", Most: 25),
            new("  memory of its control group, each", own, "MB", Most: 25),
            new("  all stopped, with the stack, after", down.TotalSeconds, "s", Most: 30),
            new("  control groups left then", left, "", Most: 0),
        ];
    }

    private static double AvailableMb() => double.Parse(
        File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    private static string? Group(DispatchId id) => Roots.Select(root => $"{root}/vexa/{WorkloadSpec.ContainerNameOf(id)}").FirstOrDefault(Directory.Exists);

    private static double UsedMb(string group) => double.Parse(
        File.ReadAllText(Usages.Select(file => Path.Combine(group, file)).First(File.Exists)), CultureInfo.InvariantCulture) / (1 << 20);
}
