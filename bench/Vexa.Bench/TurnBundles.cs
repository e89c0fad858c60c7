using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Contracts;
using Vexa.Workspaces;

namespace Vexa.Bench;

/// <summary>
/// Turns of some dispatches as their workers send them: all of them begin with the workspace's tip, and each commit stands on the
/// dispatch's last one. Made before anything is measured.
/// </summary>
internal sealed class TurnBundles : IDisposable
{
    private static readonly SubjectId Subject = Id.Parse<SubjectId>("ada");

    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-turns-").FullName;
    private readonly Git _git;
    private readonly List<Turn[]> _turns = [];

    private TurnBundles()
    {
        Repository = Path.Combine(_folder, "repository");
        BareRepository.Make(Repository);
        _git = new Git(new WorkspaceOptions { CacheFolder = _folder, GitTimeout = TimeSpan.FromMinutes(5) }, TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>A bare repository with all the commits, and no ref on the workspace's tip.</summary>
    public string Repository { get; }

    public string Base { get; private set; } = "";

    /// <param name="files">What a turn writes: path and content.</param>
    public static async Task<TurnBundles> Make(WorkspaceStore store, WorkspaceId workspace, int dispatches, int turns, Func<int, int, IEnumerable<(string Path, byte[] Content)>> files, CancellationToken ct)
    {
        var made = new TurnBundles();
        await made.Fetch(store, workspace, ct);
        for (var dispatch = 0; dispatch < dispatches; dispatch++)
            made._turns.Add(await made.Commit(dispatch, turns, files, ct));

        return made;
    }

    public string ShaOf(int dispatch, int turn) => _turns[dispatch][turn].Sha;

    /// <summary>Sends a turn to the workspace.</summary>
    public async Task<CommitResult> Send(WorkspaceStore store, WorkspaceId workspace, int dispatch, int turn, CancellationToken ct)
    {
        await using var bundle = File.OpenRead(_turns[dispatch][turn].Bundle);
        return await store.Receive(workspace, RequestOf(dispatch, turn, bundle), ct);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task Fetch(WorkspaceStore store, WorkspaceId workspace, CancellationToken ct)
    {
        Base = await store.Tip(workspace, ct);
        await using var bundle = TemporaryFile.Create(_folder);
        await store.OpenBundle(workspace, Base, bundle, ct);
        bundle.Position = 0;
        Bundle.Read(bundle);
        await _git.Run(new GitCall(new GitFolders(Repository), "index-pack", "--stdin") { Input = bundle }, ct);
    }

    private async Task<Turn[]> Commit(int dispatch, int turns, Func<int, int, IEnumerable<(string Path, byte[] Content)>> files, CancellationToken ct)
    {
        await using var script = TemporaryFile.Create(_folder);
        for (var turn = 0; turn < turns; turn++)
        {
            var request = RequestOf(dispatch, turn, Stream.Null);
            await Line($"commit refs/heads/d{dispatch}\nmark :{turn + 1}\nauthor {CommitText.Author(Subject)} 1750000000 +0000\ncommitter Vexa <vexa@vexa.local> 1750000000 +0000");
            await Data(Encoding.UTF8.GetBytes($"Turn {turn} of {dispatch}\n\n{CommitText.Trailers(request)}"));
            if (turn == 0)
                await Line($"from {Base}");
            foreach (var (path, content) in files(dispatch, turn))
            {
                await Line($"M 100644 inline {path}");
                await Data(content);
            }

            await Line($"get-mark :{turn + 1}");
        }

        script.Position = 0;
        var output = await _git.Run(new GitCall(new GitFolders(Repository), "-c", "core.compression=1", "fast-import", "--quiet") { Input = script }, ct);
        var shas = Encoding.ASCII.GetString(output.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var made = new Turn[turns];
        for (var turn = 0; turn < turns; turn++)
            made[turn] = new Turn(shas[turn], await Pack(turn == 0 ? Base : shas[turn - 1], shas[turn], ct));

        return made;

        async Task Line(string text) => await script.WriteAsync(Encoding.UTF8.GetBytes(text + "\n"), ct);

        async Task Data(byte[] content)
        {
            await Line(string.Create(CultureInfo.InvariantCulture, $"data {content.Length}"));
            await script.WriteAsync(content, ct);
            await Line("");
        }
    }

    private async Task<string> Pack(string parent, string commit, CancellationToken ct)
    {
        var path = Path.Combine(_folder, commit);
        await using var bundle = File.Create(path);
        await bundle.WriteAsync(Bundle.Head([parent], [new BundleRef(commit, Snapshot.Trunk)]), ct);
        await _git.Run(Publisher.PackCall(new GitFolders(Repository), [commit], [parent], bundle), ct);
        return path;
    }

    private static ReceiveRequest RequestOf(int dispatch, int turn, Stream bundle) => new()
    {
        Dispatch = Id.Parse<DispatchId>(string.Create(CultureInfo.InvariantCulture, $"bench-{dispatch}")),
        Turn = Id.Parse<TurnId>(string.Create(CultureInfo.InvariantCulture, $"t{turn}")),
        Subject = Subject,
        Launcher = Launcher.User(Subject),
        Runner = Id.Parse<RunnerName>("claude-code"),
        Bundle = bundle,
    };

    private sealed record Turn(string Sha, string Bundle);
}
