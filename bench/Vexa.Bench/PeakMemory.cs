using System.Globalization;
using System.Runtime.InteropServices;

namespace Vexa.Bench;

/// <summary>The most memory that a process has held.</summary>
internal static partial class PeakMemory
{
    private const int OfChildren = -1;
    private const double Mb = 1024; // the kernel counts in KB

    /// <summary>Of this process while it does the work, in megabytes.</summary>
    public static async Task<double> Of(Func<Task> work)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        // "5" sets the high-water mark back (proc(5)).
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5");
        await work();
        var line = (await File.ReadAllLinesAsync("/proc/self/status")).Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / Mb;
    }

    /// <summary>Of the largest child that has ended since this process began, with the pages of files that it had mapped.</summary>
    public static unsafe double OfChildrenSoFar()
    {
        const int maxRssAt = 4; // behind two times of two numbers each (getrusage(2))
        var usage = stackalloc long[18];
        return GetUsage(OfChildren, usage) == 0 ? usage[maxRssAt] / Mb : throw new InvalidOperationException("getrusage failed.");
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static unsafe partial int GetUsage(int who, long* usage);
}
