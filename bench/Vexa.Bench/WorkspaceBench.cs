using System.Diagnostics;
using System.Text;
using Vexa.Contracts;

namespace Vexa.Bench;

/// <summary>Workspaces: what a turn's commit costs, alone and among many.</summary>
internal static class WorkspaceBench
{
    /// <summary>One turn's commit after the other, from bundle received to manifest moved, each in turns with a <c>git push</c> of the same commit.</summary>
    public static async Task<IReadOnlyList<Figure>> Commits(int runs, CancellationToken stop)
    {
        await using var bench = await BenchStore.Create(stop);
        using var turns = await TurnBundles.Make(bench.Store, BenchStore.Notes, dispatches: 1, turns: runs + Measure.WarmUps, OneNote, stop);
        var remote = Path.Combine(bench.Folder, "remote.git");
        await Git(bench.Folder, "init", "-q", "--bare", remote);
        await Push(turns.Base);
        int received = 0, pushed = 0;
        var (commits, pushes) = await Measure.InTurns(runs,
            () => Measure.Time(() => turns.Send(bench.Store, BenchStore.Notes, 0, received++, stop)),
            () => Measure.Time(() => Push(turns.ShaOf(0, pushed++))), stop);
        var (commit50, push50) = (Measure.Percentile(commits, 50), Measure.Percentile(pushes, 50));
        return
        [
            new Figure("git push of a turn's commit to a bare repository, p50", push50, "ms"),
            new Figure("a turn's commit, bundle received -> durable, p50", commit50, "ms"),
            new Figure("  its time over git push's", commit50 / push50, "x", Most: 2),
        ];

        Task Push(string commit) => Git(turns.Repository, "push", "-q", remote, $"{commit}:refs/heads/main");
    }

    /// <summary>Many dispatches at once in one workspace; every fifth of them writes, near its end, where the others of these write too.</summary>
    public static async Task<IReadOnlyList<Figure>> ManyAtOnce(int dispatches, int turns, CancellationToken stop)
    {
        await using var bench = await BenchStore.Create(stop);
        using var bundles = await TurnBundles.Make(bench.Store, BenchStore.Notes, dispatches, turns, Files, stop);
        var started = Stopwatch.GetTimestamp();
        var results = await Task.WhenAll(Enumerable.Range(0, dispatches).Select(dispatch => Task.Run(async () =>
        {
            var mine = new List<CommitResult>();
            for (var turn = 0; turn < turns; turn++)
                mine.Add(await bundles.Send(bench.Store, BenchStore.Notes, dispatch, turn, stop));
            return mine;
        }, stop)));
        var took = Stopwatch.GetElapsedTime(started);
        var all = results.SelectMany(mine => mine).ToList();
        var proposals = all.Count(result => result.ProposalRef is not null);
        return
        [
            new Figure($"{dispatches} dispatches with {turns} turns each in one workspace: a commit", took.TotalMilliseconds / all.Count, "ms", Most: 25,
                $"{all.Count / took.TotalSeconds:0.0} a second; {all.Count - proposals} on the trunk, {proposals} in proposals"),
        ];

        IEnumerable<(string Path, byte[] Content)> Files(int dispatch, int turn)
        {
            yield return ($"dispatches/{dispatch}.md", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, turn + 1).Select(line => $"Turn {line} of {dispatch}.\n"))));
            if (turn == turns - 2 && dispatch % 5 == 0)
                yield return ("folder-1/note-1.md", Encoding.UTF8.GetBytes($"Dispatch {dispatch} was here.\n"));
        }
    }

    private static IEnumerable<(string Path, byte[] Content)> OneNote(int dispatch, int turn) =>
        [("folder-1/note-1.md", Encoding.UTF8.GetBytes($"Turn {turn}\n" + string.Concat(Enumerable.Range(0, 40).Select(line => $"Line {line} of note 1.\n"))))];

    private static async Task Git(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using var git = Process.Start(start)!;
        await git.WaitForExitAsync();
        if (git.ExitCode != 0)
            throw new InvalidOperationException($"git {arguments[0]} failed.");
    }
}
