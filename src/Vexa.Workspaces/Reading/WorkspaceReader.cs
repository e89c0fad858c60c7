using System.Globalization;
using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Answers what people ask about a workspace. What comes from outside is a checked hash, or a checked path that only ever stands behind one.</summary>
internal sealed class WorkspaceReader(Git git, WorkspaceOptions options)
{
    private const int FieldsOfLog = 9;

    // The years that an instant of a contract may have; a commit may claim others.
    private static readonly long Earliest = new DateTimeOffset(1000, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
    private static readonly long Latest = new DateTimeOffset(2999, 12, 31, 23, 59, 59, TimeSpan.Zero).ToUnixTimeSeconds();

    public async Task<WorkspaceTree> Tree(Snapshot at, string? path, string commit, CancellationToken ct)
    {
        var folder = path?.Trim('/') ?? "";
        CheckPath(folder.Length == 0 ? "." : folder);
        var answer = await git.Try(new GitCall(Where(at), "ls-tree", "-z", "-l", "--full-tree", $"{commit}^{{commit}}:{folder}"), ct);
        return answer.Ok
            ? new WorkspaceTree(commit, folder, [.. Records(answer.Output).Select(line => Entry(folder, line))])
            : throw await NotFound(at, commit, folder, ct);
    }

    public async Task<ReadOnlyMemory<byte>> File(Snapshot at, string path, string commit, CancellationToken ct)
    {
        CheckPath(path);
        var answer = await git.Try(new GitCall(Where(at), "cat-file", "blob", $"{commit}^{{commit}}:{path}") { LongestOutput = options.LargestRead }, ct);
        return answer switch
        {
            { Ok: true } => answer.Output,
            { End: GitEnd.TooMuchOutput } => throw new VexaException(Stage.WorkspaceOpen, Party.Caller, "file-too-large", $"The file is larger than {options.LargestRead} bytes.", "Get the whole workspace as a bundle instead.") { Status = 413 },
            _ => throw await NotFound(at, commit, path, ct),
        };
    }

    public async Task<WorkspaceLog> Log(Snapshot at, int limit, CancellationToken ct)
    {
        const string Format = "--format=%H%x00%P%x00%an%x00%at%x00%s%x00%(trailers:key=Dispatch,valueonly,separator=%x2C)%x00%(trailers:key=Turn,valueonly,separator=%x2C)%x00%(trailers:key=Launcher,valueonly,separator=%x2C)%x00%ce";
        var output = await git.Run(new GitCall(Where(at), "log", "-z", Format, "--no-mailmap", $"--max-count={limit.ToString(CultureInfo.InvariantCulture)}", "--end-of-options", at.Tip, "--"), ct);
        // With -z, a NUL divides the commits too, so every commit is a fixed number of fields.
        var fields = Encoding.UTF8.GetString(output.Span).Split('\0');
        return new WorkspaceLog([.. fields.Chunk(FieldsOfLog).Where(f => f.Length == FieldsOfLog).Select(LogOf)]);
    }

    public async Task<string> Diff(Snapshot at, string? from, string to, CancellationToken ct)
    {
        string[] what = from is null ? ["--root", "--no-commit-id", "--diff-merges=first-parent", "--end-of-options", to, "--"] : ["--end-of-options", from, to, "--"];
        var answer = await git.Try(new GitCall(Where(at), ["diff-tree", "-r", "-p", "-M", "--no-ext-diff", "--no-textconv", "--no-color", .. what]) { LongestOutput = options.LargestDiff }, ct);
        if (answer.End == GitEnd.TooMuchOutput)
            return $"{Encoding.UTF8.GetString(answer.Output.Span)}\n[the rest is cut off: the diff is longer than {options.LargestDiff} bytes]\n";
        if (!answer.Ok && (!await Exists(at, to, ct) || (from is not null && !await Exists(at, from, ct))))
            throw await UnknownCommit(at, ct);

        return answer.Ok ? Encoding.UTF8.GetString(answer.Output.Span) : throw new GitException("diff-tree", answer);
    }

    /// <summary>The whole hash of a commit that may be shortened.</summary>
    public async Task<string> FullName(Snapshot at, string commit, CancellationToken ct)
    {
        var answer = await git.Try(new GitCall(Where(at), "rev-parse", "--verify", "--quiet", "--end-of-options", $"{commit}^{{commit}}"), ct);
        return answer.Ok ? Encoding.ASCII.GetString(answer.Output.Span).Trim() : throw await UnknownCommit(at, ct);
    }

    /// <summary>Writes a bundle with all that the commit needs, and the commit as its trunk.</summary>
    public async Task WriteBundle(Snapshot at, string commit, Stream output, CancellationToken ct)
    {
        if (!await Exists(at, commit, ct))
            throw await UnknownCommit(at, ct);

        await output.WriteAsync(Bundle.Head([], [new BundleRef(commit, Snapshot.Trunk)]), ct);
        await git.Run(HandOut(at, [commit], output), ct);
    }

    /// <summary>Writes a bundle with every ref, and HEAD, by which a clone of it knows what to check out.</summary>
    public async Task WriteWhole(Snapshot at, Stream output, CancellationToken ct)
    {
        // The tip must be there: else nothing is to be written at all.
        await git.Run(new GitCall(Where(at), "cat-file", "-e", at.Tip), ct);
        await output.WriteAsync(Bundle.Head([], [.. at.Manifest.Refs.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => new BundleRef(r.Value, r.Key)), new BundleRef(at.Tip, "HEAD")]), ct);
        await git.Run(HandOut(at, [.. at.Manifest.Refs.Values.Distinct()], output), ct);
    }

    // git waits for whoever takes it in, over a slow line too.
    private GitCall HandOut(Snapshot at, IReadOnlyList<string> tips, Stream output) => Publisher.PackCall(Where(at), tips, have: [], output) with { Timeout = options.FetchTimeout };

    private static GitFolders Where(Snapshot at) => new(at.Repository);

    private async Task<bool> Exists(Snapshot at, string commit, CancellationToken ct) =>
        (await git.Try(new GitCall(Where(at), "cat-file", "-e", $"{commit}^{{commit}}"), ct)).Ok;

    private async Task<VexaException> NotFound(Snapshot at, string commit, string path, CancellationToken ct)
    {
        if (!await Exists(at, commit, ct))
            return await UnknownCommit(at, ct);

        return new VexaException(Stage.WorkspaceOpen, Party.Caller, "unknown-path", $"Workspace {at.Manifest.Workspace} has no such path: {path}.", "List a folder with the tree, read a file with the file.") { Status = 404 };
    }

    // Where even the tip is not there, it is the cache that lacks something and not the workspace.
    private async Task<VexaException> UnknownCommit(Snapshot at, CancellationToken ct)
    {
        await git.Run(new GitCall(Where(at), "cat-file", "-e", at.Tip), ct);
        return Sha.Unknown(at.Manifest.Workspace);
    }

    private static void CheckPath(string path)
    {
        if (path != "." && PathRules.Fault(path) is { } fault)
            throw new VexaException(Stage.Request, Party.Caller, "bad-path", $"The path {fault}.", "Use relative paths like notes/today.md.");
    }

    private static string[] Records(ReadOnlyMemory<byte> output) => Encoding.UTF8.GetString(output.Span).Split('\0', StringSplitOptions.RemoveEmptyEntries);

    // "<mode> <type> <object> <size, padded>\t<name>"
    private static WorkspaceEntry Entry(string folder, string line)
    {
        var tab = line.IndexOf('\t', StringComparison.Ordinal);
        var parts = line[..tab].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var name = line[(tab + 1)..];
        return new WorkspaceEntry
        {
            Name = name,
            Path = folder.Length == 0 ? name : $"{folder}/{name}",
            Kind = parts[0] switch { "040000" => EntryKind.Folder, Change.Link => EntryKind.Link, _ => EntryKind.File },
            Bytes = long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null,
        };
    }

    private static WorkspaceLogEntry LogOf(string[] fields) => new()
    {
        Sha = fields[0],
        Parents = fields[1].Split(' ', StringSplitOptions.RemoveEmptyEntries),
        Author = fields[2],
        At = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(long.Parse(fields[3], CultureInfo.InvariantCulture), Earliest, Latest)),
        Subject = fields[4],
        // Anybody can write trailers; nobody but us commits in our name.
        Dispatch = fields[8] == CommitText.OurEmail && Id.TryParse<DispatchId>(fields[5], out var dispatch) ? dispatch : null,
        Turn = fields[8] == CommitText.OurEmail && Id.TryParse<TurnId>(fields[6], out var turn) ? turn : null,
        Launcher = fields[8] == CommitText.OurEmail && Launcher.TryParse(fields[7], out var launcher) ? launcher : null,
    };
}
