using System.Diagnostics;
using System.Globalization;

namespace Vexa.Bench;

/// <summary>Where the milliseconds of a cold start go: the medians of its steps.</summary>
internal sealed class Anatomy
{
    // In their order; those with a step named "in" are parts of the one above.
    private static readonly (string Step, string What, bool IsPart)[] Steps =
    [
        ("request", "request: HTTP, token, contract, admission", false),
        ("record", "record: folder, spec and state of the workload", false),
        ("prepare", "prepare, of that at once:", false),
        ("image", "image: its record and layers", true),
        ("door", "door: opens the listener", true),
        ("scratch", "scratch: tmpfs with the token", true),
        ("snapshot", "snapshot of the workspace, made before", true),
        ("mount", "overlay over it", true),
        ("spec", "OCI spec: built and written", false),
        ("engine", "engine: runc run --detach", false),
        ("boot", "worker: from the engine's end to its first byte at the door", false),
        ("all", "create -> worker's first byte at the door", false),
    ];

    private readonly Dictionary<string, List<double>> _times = [];

    public void Add(ColdStart start, IReadOnlyDictionary<string, (long From, long To)> steps)
    {
        foreach (var (step, (from, to)) in steps)
            Add(step, from, to);
        Add("request", start.Sent, steps["record"].From);
        Add("boot", steps["engine"].To, start.FirstByte);
        Add("all", start.Sent, start.FirstByte);
    }

    /// <summary>As a table in Markdown.</summary>
    public void Print(TextWriter to, double bareMs)
    {
        to.WriteLine("| Step | p50, ms |");
        to.WriteLine("|---|---:|");
        foreach (var (step, what, isPart) in Steps)
            if (_times.TryGetValue(step, out var times))
                to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {(isPart ? "&nbsp;&nbsp;" : "")}{what} | {Measure.Percentile(times, 50):0.0} |"));
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| beside it: bare `runc run true`, with its end and removal | {bareMs:0.0} |"));
    }

    private void Add(string step, long from, long to)
    {
        if (!_times.TryGetValue(step, out var times))
            _times[step] = times = [];
        times.Add(Stopwatch.GetElapsedTime(from, to).TotalMilliseconds);
    }
}
