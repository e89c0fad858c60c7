using System.Diagnostics;

namespace Vexa.Bench;

internal static class Measure
{
    /// <summary>The median in milliseconds, after three runs that do not count.</summary>
    public static async Task<double> P50(int runs, Func<Task<TimeSpan>> run)
    {
        for (var i = 0; i < 3; i++)
            await run();

        var times = new List<double>(runs);
        for (var i = 0; i < runs; i++)
            times.Add((await run()).TotalMilliseconds);

        times.Sort();
        return times[runs / 2];
    }

    public static async Task<TimeSpan> Time(Func<Task> run)
    {
        var started = Stopwatch.GetTimestamp();
        await run();
        return Stopwatch.GetElapsedTime(started);
    }
}
