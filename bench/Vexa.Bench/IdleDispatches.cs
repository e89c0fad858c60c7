using System.Globalization;
using Vexa.Contracts;
using Vexa.Runtime.Oci;

namespace Vexa.Bench;

/// <summary>Many dispatches alive at once, through the whole stack's front door: each has answered once and waits for its next message.</summary>
internal static class IdleDispatches
{
    // Version 2, and the memory controller of version 1.
    private static readonly string[] Usages = ["memory.current", "memory.usage_in_bytes"];

    /// <param name="count">How many, besides the first, which is not counted: the budget is for 500.</param>
    public static async Task<IReadOnlyList<Figure>> Measured(int count, CancellationToken stop)
    {
        var limit = (count + 10).ToString(CultureInfo.InvariantCulture);
        await using var stack = await BenchStack.Start(stop, new Dictionary<string, string> { ["VEXA_MAX_WORKLOADS"] = limit, ["VEXA_MAX_PER_SUBJECT"] = limit });
        // What the roles load once does not count for the dispatches.
        var ids = new List<DispatchId> { await stack.Idle(stop) };
        var before = AvailableMb();
        var took = await Measure.Time(() => Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = stop }, async (_, now) =>
        {
            var id = await stack.Idle(now);
            lock (ids)
                ids.Add(id);
        }));
        var machine = (before - AvailableMb()) / count;
        var alive = ids.Where(id => new Cgroup(stack.CgroupParent, WorkloadSpec.ContainerNameOf(id)).Processes().Count > 0).ToList();
        double? own = alive.Count > 0 ? alive.Average(id => UsedMb(stack.CgroupParent, id)) : null;
        var down = await Measure.Time(stack.Down);
        return
        [
            new($"{count} idle dispatches: answered once, in", took.TotalSeconds, "s"),
            new("  of these, and the one before, not alive", ids.Count - alive.Count, "", Most: 0),
            new("  memory of the machine, each", machine, "MB", Most: 25),
            new("  memory of its control group, each", own, "MB", Most: 25),
            new("  all stopped, with the stack, after", down.TotalSeconds, "s", Most: 30),
            new("  control groups left then", Cgroup.Names(stack.CgroupParent).Count(), "", Most: 0),
        ];
    }

    private static double AvailableMb() => double.Parse(
        File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    private static double UsedMb(string parent, DispatchId id) => double.Parse(
        File.ReadAllText(Cgroup.Folders($"{parent}/{WorkloadSpec.ContainerNameOf(id)}").SelectMany(folder => Usages.Select(usage => Path.Combine(folder, usage))).First(File.Exists)),
        CultureInfo.InvariantCulture) / (1 << 20);
}
