using System.Diagnostics;
using System.Globalization;
using Vexa.Contracts;
using Vexa.Runtime;

namespace Vexa.Bench;

/// <summary>The runtime's figures, each beside a bare engine in the same run.</summary>
internal static class RuntimeBench
{
    private const int StartsPerSecond = 20;
    private const int WarmUps = 5;

    /// <summary>The cold start of the <c>oci</c> backend.</summary>
    /// <param name="runs">With 100 and more, p99 is one.</param>
    public static async Task<IReadOnlyList<Figure>> OciColdStart(int runs, CancellationToken stop)
    {
        using var bare = await BareEngine.Runc();
        await using var node = await BenchNode.Start(stop);
        return await ColdStart("oci", "runc run true", node, bare.RunTrue, runs, p50: 2.5, p99: 4, stop);
    }

    public static async Task<IReadOnlyList<Figure>> GvisorColdStart(int runs, CancellationToken stop)
    {
        const string name = "gVisor: create -> first byte at the door / bare runsc run true, p50";
        if (!Programs.Has("runsc"))
            return [Figure.NotMeasured(name, "runsc is not installed")];

        using var bare = await BareEngine.Runsc();
        await using var node = await BenchNode.Start(stop, options => options with { Isolation = Isolation.Gvisor });
        return await ColdStart("gVisor", "runsc run true", node, bare.RunTrue, runs, p50: 1.6, p99: null, stop);
    }

    public static async Task<IReadOnlyList<Figure>> DockerColdStart(int runs, CancellationToken stop)
    {
        const string name = "docker: create -> first byte at the door / bare docker run true, p50";
        if (!Programs.Has("dockerd") || !Programs.Has("docker"))
            return [Figure.NotMeasured(name, "no Docker engine is installed")];

        await using var docker = await PrivateDocker.Start();
        await using var node = await BenchNode.Start(stop, options => options with { Backend = "docker", DockerHost = docker.Address });
        return await ColdStart("docker", "docker run true", node, docker.RunTrue, runs, p50: 1.25, p99: null, stop);
    }

    /// <summary>Starts at a fixed pace, whatever the earlier ones do.</summary>
    public static async Task<IReadOnlyList<Figure>> SustainedStarts(int seconds, CancellationToken stop)
    {
        await using var node = await BenchNode.Start(stop);
        await node.AwaitEnd(await node.StartShort());
        var since = Stopwatch.GetTimestamp();
        var starts = new List<Task<(double Ms, double RunningAt)>>();
        using (var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / StartsPerSecond), TimeProvider.System))
            while (starts.Count < StartsPerSecond * seconds && await pace.WaitForNextTickAsync(stop))
                starts.Add(Task.Run(Start, stop));

        var all = await Task.WhenAll(starts);
        return
        [
            new($"{StartsPerSecond} starts a second for {seconds} s: all {all.Length} were running after", all.Max(start => start.RunningAt), "s", Most: seconds + 1),
            new("  create -> running, p50", Measure.Percentile([.. all.Select(start => start.Ms)], 50), "ms"),
            new("  create -> running, p99", Measure.Percentile([.. all.Select(start => start.Ms)], 99), "ms"),
        ];

        async Task<(double, double)> Start()
        {
            var sent = Stopwatch.GetTimestamp();
            var id = await node.StartShort();
            var (took, at) = (Stopwatch.GetElapsedTime(sent).TotalMilliseconds, Stopwatch.GetElapsedTime(since).TotalSeconds);
            var end = await node.AwaitEnd(id);
            return end.StopReason == StopReason.Completed ? (took, at) : throw new InvalidOperationException($"{id} ended with {end.StopReason}.");
        }
    }

    /// <summary>A large read-only workspace: its first dispatch makes the snapshot, the tenth shares it.</summary>
    public static async Task<IReadOnlyList<Figure>> LargeWorkspace(int megabytes, CancellationToken stop)
    {
        using var workspace = await LargeRepository.Create(megabytes);
        await using var node = await BenchNode.Start(stop);
        node.Neighbours.Serve("large", workspace.Bundle);
        var mount = new WorkloadMount(Id.Parse<WorkspaceId>("large"), "/workspaces/large", AccessMode.Ro, workspace.Commit);
        using var log = new StartStepLog();
        double first = 0, tenth = 0;
        for (var i = 1; i <= 10; i++)
        {
            log.Take();
            await node.ColdStart(mount);
            var steps = log.Take();
            tenth = MsOf(steps["snapshot"]) + MsOf(steps["mount"]);
            if (i == 1)
                first = tenth;
        }

        return
        [
            new($"{megabytes} MB workspace, ro: mount of the first dispatch, which makes the snapshot", first, "ms"),
            new($"{megabytes} MB workspace, ro: mount of the tenth dispatch", tenth, "ms", Most: 20),
        ];

        static double MsOf((long From, long To) step) => Stopwatch.GetElapsedTime(step.From, step.To).TotalMilliseconds;
    }

    /// <summary>Prints where a cold start's time goes.</summary>
    public static async Task PrintAnatomy(TextWriter to, int runs, CancellationToken stop)
    {
        using var workspace = await LargeRepository.Create(megabytes: 1);
        using var bare = await BareEngine.Runc();
        await using var node = await BenchNode.Start(stop);
        node.Neighbours.Serve("notes", workspace.Bundle);
        var mount = new WorkloadMount(Id.Parse<WorkspaceId>("notes"), "/workspaces/notes", AccessMode.Rw, workspace.Commit);
        using var log = new StartStepLog();
        var anatomy = new Anatomy();
        var started = 0;
        var (bareMs, _) = await Measure.InTurns(runs, bare.RunTrue, async () =>
        {
            log.Take();
            var start = await node.ColdStart(mount);
            // The first ones load code and make the snapshot.
            if (started++ > 3)
                anatomy.Add(start, log.Take());
            return TimeSpan.Zero;
        }, stop);
        anatomy.Print(to, Measure.Percentile(bareMs, 50));
    }

    private static async Task<IReadOnlyList<Figure>> ColdStart(string what, string yardstick, BenchNode node, Func<Task<TimeSpan>> bare, int runs, double p50, double? p99, CancellationToken stop)
    {
        // The container is what starts cold; the role has been there for a while, and has its code loaded.
        for (var i = 0; i < WarmUps; i++)
            await node.ColdStart();

        var (bareMs, coldMs) = await Measure.InTurns(runs, bare, async () => TimeSpan.FromMilliseconds((await node.ColdStart()).TotalMs), stop);
        var (bare50, cold50, cold99) = (Measure.Percentile(bareMs, 50), Measure.Percentile(coldMs, 50), Measure.Percentile(coldMs, 99));
        return
        [
            new($"{what}: bare {yardstick}, p50", bare50, "ms"),
            // How restless the machine is: where this is much above 1, no p99 of this run says anything.
            new($"{what}: bare, p99 / p50", Measure.Percentile(bareMs, 99) / bare50, "x"),
            new($"{what}: create -> worker's first byte at the door, p50", cold50, "ms"),
            new($"{what}: the same / bare, p50", cold50 / bare50, "x", p50),
            new(string.Create(CultureInfo.InvariantCulture, $"{what}: p99 of {runs} / bare p50"), cold99 / bare50, "x", p99),
        ];
    }
}
