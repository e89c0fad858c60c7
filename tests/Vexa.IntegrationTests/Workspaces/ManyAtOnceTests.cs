using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Bench;
using Vexa.Tests.Workspaces.Merging;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>Many dispatches that commit to one workspace at the same time: whatever meets, nothing is lost.</summary>
public sealed class ManyAtOnceTests : WorkspaceFixture
{
    private static readonly WorkspaceId Shared = Id.Parse<WorkspaceId>("shared");

    [Fact]
    public async Task A_thousand_commits_of_fifty_dispatches_are_all_on_the_trunk_or_in_proposals()
    {
        const int Dispatches = 50, Turns = 20;
        await Store.Create(Shared, new Dictionary<string, string> { ["shared.txt"] = "nobody was here\n" }, Agent.Subject, Stop);
        using var bundles = await TurnBundles.Make(Store, Shared, Dispatches, Turns, Files, Stop);

        var results = await Send(bundles, Dispatches, Turns, [Store]);

        var (landed, proposed) = (results.Where(r => r.Result.ProposalRef is null).ToList(), results.Where(r => r.Result.ProposalRef is not null).ToList());
        Assert.Equal(Dispatches * Turns, landed.Count + proposed.Count);
        Assert.InRange(proposed.Count, 80, 100);
        var refs = await Store.Refs(Shared, Stop);
        Assert.Equal(refs.Count - 1, proposed.Count);
        Assert.All(proposed, p => Assert.Equal(p.Result.Sha, refs[p.Result.ProposalRef!]));

        // As another machine finds it in the bucket.
        var history = await History.Of(NewStore("fresh"), Shared, Path.Combine(Folder, "history"));
        Assert.Subset((await history.Behind(refs[Snapshot.Trunk])).ToHashSet(), landed.Select(l => bundles.ShaOf(l.Dispatch, l.Turn)).ToHashSet());
        Assert.All(proposed, p => Assert.Equal(bundles.ShaOf(p.Dispatch, p.Turn), history.ParentOf(p.Result.Sha)));
        var trunk = await history.Lines(refs[Snapshot.Trunk]);
        Assert.Equal([], landed.SelectMany(l => Written(l.Dispatch, l.Turn)).Except(trunk));

        static IEnumerable<(string Path, byte[] Content)> Files(int dispatch, int turn)
        {
            yield return ($"notes/{dispatch}.md", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, turn + 1).SelectMany(t => Written(dispatch, t)).Select(line => line + "\n"))));
            if (turn == Turns / 2 && dispatch % 5 == 0)
                yield return ("shared.txt", Encoding.UTF8.GetBytes($"{dispatch} was here\n"));
        }

        static IEnumerable<string> Written(int dispatch, int turn) => [$"dispatch {dispatch} in turn {turn}"];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Of_random_histories_every_line_that_anybody_wrote_is_on_the_trunk_or_in_a_proposal(int seed)
    {
        const int Dispatches = 5, Turns = 4;
        var notes = new RandomNotes(seed);
        string[] paths = ["note.md", "folder/index.md", "plain.txt"];
        await Store.Create(Shared, paths.ToDictionary(path => path, _ => notes.Note()), Agent.Subject, Stop);
        var start = paths.ToDictionary(path => path, path => Encoding.UTF8.GetString(Store.File(Shared, path, null, Stop).GetAwaiter().GetResult().Span));
        var now = Enumerable.Range(0, Dispatches).Select(_ => new Dictionary<string, string>(start)).ToArray();
        using var bundles = await TurnBundles.Make(Store, Shared, Dispatches, Turns, (dispatch, _) =>
        {
            var path = paths[notes.Next(paths.Length)];
            now[dispatch][path] = notes.Edit(now[dispatch][path]);
            return [(path, Encoding.UTF8.GetBytes(now[dispatch][path])), ($"own/{dispatch}.md", Encoding.UTF8.GetBytes(notes.Note()))];
        }, Stop);

        // Two processes, of which one makes one bundle of many all the time.
        var results = await Send(bundles, Dispatches, Turns, [Store, NewStore("second", change: o => o with { MostBundles = 3 })]);

        var refs = await Store.Refs(Shared, Stop);
        var history = await History.Of(NewStore("fresh"), Shared, Path.Combine(Folder, "history"));
        foreach (var (dispatch, turn, result) in results)
        {
            var sent = bundles.ShaOf(dispatch, turn);
            if (result.ProposalRef is { } proposal)
            {
                Assert.Equal((result.Sha, sent), (refs[proposal], history.ParentOf(refs[proposal])));
                Assert.Equal(await history.Lines(sent), await history.Lines(result.Sha));
                continue;
            }

            // Onto what was the trunk just before.
            var based = await history.Lines(await history.MergeBase(result.Parent!, sent));
            var (ours, theirs, after) = (await history.Lines(result.Parent!), await history.Lines(sent), await history.Lines(result.Sha));
            Assert.Equal([], ours.Except(based).Union(theirs.Except(based)).Union(based.Intersect(ours).Intersect(theirs)).Except(after));
            Assert.Equal([], after.Except(ours.Union(theirs)));
        }

        // Each landed on another one, and the trunk is all of them.
        var steps = results.Where(r => r.Result.ProposalRef is null).ToDictionary(r => r.Result.Sha, r => r.Result.Parent!);
        var at = refs[Snapshot.Trunk];
        for (; steps.Remove(at, out var parent); at = parent)
        {
        }

        Assert.Equal((bundles.Base, 0), (at, steps.Count));
    }

    [Fact]
    public async Task A_person_pushes_where_there_are_more_proposals_than_an_agents_bundle_may_name_commits()
    {
        const int Proposals = 66;
        using var bundles = await TurnBundles.Make(Store, Notes, dispatches: 2, Proposals, (dispatch, turn) => [("a/one.md", Encoding.UTF8.GetBytes($"{dispatch} {turn}\n"))], Stop);
        await bundles.Send(Store, Notes, dispatch: 0, turn: 0, Stop);
        for (var turn = 0; turn < Proposals; turn++)
            Assert.NotNull((await bundles.Send(Store, Notes, dispatch: 1, turn, Stop)).ProposalRef);

        var person = await NewAgent();
        person.Write("mine.md", "mine\n");
        var pushed = await person.CommitAsPerson("Mine");
        using var bundle = new MemoryStream(await person.Bundle());
        Bundle.Read(bundle);
        using var input = new MemoryStream([.. PktLine.Of($"{person.Base} {pushed} {Snapshot.Trunk}\0report-status\n").Span, .. PktLine.Flush.Span, .. bundle.ToArray().AsSpan((int)bundle.Position)]);

        Assert.Equal(pushed, (await Store.Push(Notes, input, Stream.Null, accepted: _ => Task.CompletedTask, refused: refused => throw refused, Stop))!.Sha);
        Assert.Equal("mine\n", await Read("mine.md", store: NewStore("fresh")));
        Assert.True((await ReadManifest()).Bundles[^1].Prerequisites.Count > Proposals);
    }

    private static async Task<IReadOnlyList<(int Dispatch, int Turn, CommitResult Result)>> Send(TurnBundles bundles, int dispatches, int turns, IReadOnlyList<WorkspaceStore> stores)
    {
        var all = await Task.WhenAll(Enumerable.Range(0, dispatches).Select(dispatch => Task.Run(async () =>
        {
            var mine = new List<(int, int, CommitResult)>();
            for (var turn = 0; turn < turns; turn++)
                mine.Add((dispatch, turn, await bundles.Send(stores[dispatch % stores.Count], Shared, dispatch, turn, Stop)));
            return mine;
        })));
        return [.. all.SelectMany(mine => mine)];
    }

    /// <summary>All that a workspace holds, unpacked for looking.</summary>
    private sealed class History(Git git, GitFolders where, Dictionary<string, string> parents)
    {
        private readonly Objects _objects = new(git, new WorkspaceOptions { CacheFolder = "" });
        private readonly Dictionary<string, HashSet<string>> _lines = [];

        public static async Task<History> Of(WorkspaceStore store, WorkspaceId workspace, string folder)
        {
            BareRepository.Make(folder);
            var git = new Git(new WorkspaceOptions { CacheFolder = folder }, TimeProvider.System, NullLogger.Instance);
            var where = new GitFolders(folder);
            await using var bundle = TemporaryFile.Create(folder);
            await store.Export(workspace, bundle, Stop);
            bundle.Position = 0;
            Bundle.ReadOurs(bundle);
            await git.Run(new GitCall(where, "index-pack", "--stdin", "--strict") { Input = bundle }, Stop);
            var tips = (await store.Refs(workspace, Stop)).Values;
            return new History(git, where, (await RevList(git, where, tips, "--parents")).Where(line => line.Length > 1).ToDictionary(line => line[0], line => line[1]));
        }

        public string ParentOf(string commit) => parents[commit];

        public async Task<IEnumerable<string>> Behind(string tip) => (await RevList(git, where, [tip])).Select(line => line[0]);

        public Task<string> MergeBase(string one, string other) => _objects.MergeBase(where, one, other, Stop);

        public async Task<HashSet<string>> Lines(string commit)
        {
            if (_lines.TryGetValue(commit, out var known))
                return known;

            var files = await _objects.ReadFiles(where, commit, Stop);
            var contents = (await _objects.ReadBlobs(where, [.. files.Values.Select(file => file.Blob)], long.MaxValue, Stop))!;
            return _lines[commit] = [.. contents.SelectMany(content => Encoding.UTF8.GetString(content.Span).Split('\n')).Where(line => line.Length > 0)];
        }

        private static async Task<IEnumerable<string[]>> RevList(Git git, GitFolders where, IEnumerable<string> tips, params string[] options)
        {
            var input = new MemoryStream(Encoding.ASCII.GetBytes(string.Concat(tips.Select(tip => tip + "\n"))));
            var output = await git.Run(new GitCall(where, ["rev-list", .. options, "--stdin"]) { Input = input }, Stop);
            return Encoding.ASCII.GetString(output.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '));
        }
    }
}
