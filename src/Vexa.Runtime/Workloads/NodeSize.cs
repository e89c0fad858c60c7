using Vexa.Contracts;
using Vexa.Runtime.Oci;

namespace Vexa.Runtime.Workloads;

/// <summary>
/// What this node has to give. A limit beyond it would bound nothing, so it is refused and not cut: but for the contract's defaults, which
/// nobody asked for, and which hold on a smaller machine too.
/// </summary>
internal sealed record NodeSize(int Processors, long MemoryMb, int Pids)
{
    private static readonly WorkloadLimits Defaults = new();

    public static NodeSize OfThisMachine() => new(Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20, SharedGroup.MostPids);

    public double MostCpu => Math.Max(Processors, Defaults.Cpu);

    public int MostPids => Math.Max(Pids, Defaults.Pids);

    public long MostMemoryMb => Math.Max(MemoryMb, Defaults.MemoryMb);
}
