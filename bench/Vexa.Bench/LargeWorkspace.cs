using System.Globalization;
using System.Security.Cryptography;
using Vexa.Contracts;

namespace Vexa.Bench;

/// <summary>A workspace of a size: what it costs control to take it in, to make one bundle of it, to open it; and what that costs in memory.</summary>
internal static class LargeWorkspace
{
    private const int FileBytes = 20 * 1024;
    private const int FilesPerFolder = 500;
    private const int FilesPerTurn = 500;
    private const int SmallMb = 10;

    /// <param name="megabytes">50 files each.</param>
    public static async Task<IReadOnlyList<Figure>> Measured(int megabytes, CancellationToken stop)
    {
        // The small one first: of the children only the largest so far is known.
        var small = await Work(SmallMb, stop);
        var large = await Work(megabytes, stop);
        var files = large.Files;
        return
        [
            new($"workspace of {megabytes} MB and {files} files: hand-out for a dispatch, p50", large.HandOutMs, "ms", Most: 50),
            new("  a look at its folders, p50", large.LookMs, "ms", Most: 50),
            new("  the same, first of a new process", large.FirstLookMs, "ms", Most: 50),
            new("  sent whole to a runtime, once for each of its commits that a dispatch begins with", large.SendMs, "ms"),
            new("  unpacked from the bucket, once", large.UnpackMs, "ms"),
            .. large.PeakMb.Zip(small.PeakMb).Select(peak => new Figure($"  peak of control while {peak.First.While}, over {SmallMb} MB's", peak.First.Mb / peak.Second.Mb, "x", Most: 1.5,
                string.Create(CultureInfo.InvariantCulture, $"{peak.First.Mb:0} MB, {peak.Second.Mb:0} MB"))),
            new("  largest git", large.LargestGitMb, "MB", Most: 768, string.Create(CultureInfo.InvariantCulture, $"{small.LargestGitMb:0} MB for {SmallMb} MB; counts files that it has mapped")),
        ];
    }

    private static async Task<Run> Work(int megabytes, CancellationToken stop)
    {
        await using var bench = await BenchStore.Create(stop);
        var files = megabytes * 50;
        var turns = (files + FilesPerTurn - 1) / FilesPerTurn;
        using var bundles = await TurnBundles.Make(bench.Store, BenchStore.Notes, dispatches: 1, turns + 1, (_, turn) => Files(turn * FilesPerTurn, turn == turns ? turn * FilesPerTurn + 1 : Math.Min(files, (turn + 1) * FilesPerTurn)), stop);
        var received = await PeakMemory.Of(async () =>
        {
            for (var turn = 0; turn < turns; turn++)
                await bundles.Send(bench.Store, BenchStore.Notes, 0, turn, stop);
        });

        var handOut = await Measure.P50(50, () => Measure.Time(() => bench.Store.Tip(BenchStore.Notes, stop)), stop);
        var look = await Measure.P50(20, () => Look(bench), stop);
        await using var restarted = bench.Again("cache");
        var firstLook = (await Look(restarted)).TotalMilliseconds;
        double send = 0;
        var sent = await PeakMemory.Of(async () => send = (await Measure.Time(() => bench.Store.OpenBundle(BenchStore.Notes, bundles.ShaOf(0, turns - 1), Stream.Null, stop))).TotalMilliseconds);
        // So few that the next commit is one too many: a heavy workspace may have one more for each megabyte.
        await using var compacting = bench.Again("cache", mostBundles: -megabytes);
        var compacted = await PeakMemory.Of(async () =>
        {
            await bundles.Send(compacting.Store, BenchStore.Notes, 0, turns, stop);
            await compacting.Store.Settled();
        });
        if (bench.CountBundles() != 1)
            throw new InvalidOperationException("The bundles were not made into one.");

        await using var other = bench.Again("other");
        double unpack = 0;
        var unpacked = await PeakMemory.Of(async () => unpack = (await Look(other)).TotalMilliseconds);
        return new Run(files, handOut, look, firstLook, send, unpack, [("receiving", received), ("sending it out", sent), ("making one bundle of it", compacted), ("unpacking", unpacked)], PeakMemory.OfChildrenSoFar());

        Task<TimeSpan> Look(BenchStore store) => Measure.Time(() => store.Store.Tree(BenchStore.Notes, path: null, commit: null, stop));
    }

    private static IEnumerable<(string Path, byte[] Content)> Files(int from, int to)
    {
        for (var i = from; i < to; i++)
            yield return (string.Create(CultureInfo.InvariantCulture, $"large-{i / FilesPerFolder}/file-{i}"), RandomNumberGenerator.GetBytes(FileBytes));
    }

    private sealed record Run(int Files, double HandOutMs, double LookMs, double FirstLookMs, double SendMs, double UnpackMs, IReadOnlyList<(string While, double Mb)> PeakMb, double LargestGitMb);
}
