using System.Diagnostics;

namespace Vexa.Bench;

internal static class Measure
{
    public const int WarmUps = 3;

    /// <summary>The median in milliseconds, after three runs that do not count.</summary>
    public static async Task<double> P50(int runs, Func<Task<TimeSpan>> run, CancellationToken stop)
    {
        var times = new List<double>(runs);
        for (var i = -WarmUps; i < runs; i++)
        {
            stop.ThrowIfCancellationRequested();
            var took = await run();
            if (i >= 0)
                times.Add(took.TotalMilliseconds);
        }

        return Percentile(times, 50);
    }

    /// <summary>Two things in turns, so that whatever else the machine does meets both; after three turns that do not count.</summary>
    public static async Task<(List<double> One, List<double> Other)> InTurns(int runs, Func<Task<TimeSpan>> one, Func<Task<TimeSpan>> other, CancellationToken stop)
    {
        var (ones, others) = (new List<double>(runs), new List<double>(runs));
        for (var i = -WarmUps; i < runs; i++)
        {
            stop.ThrowIfCancellationRequested();
            var (a, b) = ((await one()).TotalMilliseconds, (await other()).TotalMilliseconds);
            if (i < 0)
                continue;
            ones.Add(a);
            others.Add(b);
        }

        return (ones, others);
    }

    public static double Percentile(IReadOnlyCollection<double> values, int percent) =>
        values.Order().ElementAt(Math.Min(values.Count - 1, values.Count * percent / 100));

    public static async Task<TimeSpan> Time(Func<Task> run)
    {
        var started = Stopwatch.GetTimestamp();
        await run();
        return Stopwatch.GetElapsedTime(started);
    }
}
