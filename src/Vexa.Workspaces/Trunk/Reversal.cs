using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// What the files of a commit would be without what earlier commits did. Each file is looked at by itself, by its path: one that nobody has
/// changed since becomes what it was before; one that was changed since is merged, with the commit's own version as the base. No rename is
/// guessed, because a guess would put the work of another commit where this one's goes. (git 2.39's merge-tree cannot be told not to.)
/// </summary>
internal sealed class Reversal(Objects objects, GitFolders where, SubjectId by, TimeProvider time)
{
    /// <summary>
    /// Where runners keep their sessions. Every later turn of the session writes on in its file; taken back, the session would break, and what
    /// was said stays said.
    /// </summary>
    private const string SessionFolder = ".vexa/";

    /// <param name="commits">Newest first.</param>
    public async Task<ReversalOutcome> Of(string start, IReadOnlyList<(string Sha, string Parent)> commits, CancellationToken ct)
    {
        var before = await objects.ReadFiles(where, start, ct);
        var files = new Dictionary<string, FileEntry>(before, StringComparer.Ordinal);
        var conflicts = new List<string>();
        foreach (var (sha, parent) in commits)
        {
            var changes = (await objects.ReadChanges(where, new Step(parent, sha), ct)).Where(c => !c.Path.StartsWith(SessionFolder, StringComparison.Ordinal));
            var contested = changes.Where(change => !TryTakeBack(files, change)).ToList();
            conflicts.AddRange(await Merge(files, contested, ct));
        }

        conflicts.AddRange(FilesInPlaceOfFolders(before, files));
        if (conflicts.Count > 0)
            return new ReversalOutcome(null, [.. conflicts.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

        var changed = before.Keys.Union(files.Keys, StringComparer.Ordinal).Where(path => Find(before, path) != Find(files, path))
            .Select(path => KeyValuePair.Create(path, Find(files, path))).ToList();
        return new ReversalOutcome(changed.Count == 0 ? null : await objects.WriteTree(where, start, changed, ct), []);
    }

    // False where somebody has changed the file since.
    private static bool TryTakeBack(Dictionary<string, FileEntry> files, Change change)
    {
        var now = Find(files, change.Path);
        if (now != change.Before && now != change.After)
            return false;

        Set(files, change.Path, change.Before);
        return true;
    }

    private async Task<IEnumerable<string>> Merge(Dictionary<string, FileEntry> files, IReadOnlyList<Change> contested, CancellationToken ct)
    {
        var (both, oneOnly) = (contested.Where(c => Find(files, c.Path) is not null && c.Before is not null && c.After is not null).ToList(), contested.ToHashSet());
        oneOnly.ExceptWith(both);
        if (both.Count == 0)
            return oneOnly.Select(c => c.Path);

        // Each of the three has the same paths and no others: so nothing can look renamed.
        var based = await Commit(both.Select(c => KeyValuePair.Create(c.Path, c.After)), [], ct);
        var ours = await Commit(both.Select(c => KeyValuePair.Create(c.Path, Find(files, c.Path))), [based], ct);
        var theirs = await Commit(both.Select(c => KeyValuePair.Create(c.Path, c.Before)), [based], ct);
        var merge = await objects.Merge(where, ours, theirs, ct);
        if (merge.IsClean)
            foreach (var (path, entry) in await objects.ReadFiles(where, merge.Tree, ct))
                files[path] = entry;

        // A merge that was given up names no conflict.
        return oneOnly.Concat(merge.IsClean || merge.Conflicts.Count > 0 ? [] : both).Select(c => c.Path).Concat(merge.Conflicts);
    }

    private async Task<string> Commit(IEnumerable<KeyValuePair<string, FileEntry?>> files, string[] parents, CancellationToken ct) =>
        Objects.WriteCommit(where, CommitText.Of(await objects.WriteTree(where, from: null, files, ct), parents, by, time.GetUtcNow(), "What an undo merges\n"));

    // A file that comes back, where a folder of its name has come meanwhile or a folder of its path is a file now.
    private static IEnumerable<string> FilesInPlaceOfFolders(Dictionary<string, FileEntry> before, Dictionary<string, FileEntry> files)
    {
        if (files.Keys.All(before.ContainsKey))
            yield break;

        foreach (var path in files.Keys)
            for (var end = path.IndexOf('/', StringComparison.Ordinal); end >= 0; end = path.IndexOf('/', end + 1))
                if (files.ContainsKey(path[..end]))
                    yield return path[..end];
    }

    private static FileEntry? Find(Dictionary<string, FileEntry> files, string path) => files.TryGetValue(path, out var entry) ? entry : null;

    private static void Set(Dictionary<string, FileEntry> files, string path, FileEntry? entry)
    {
        if (entry is { } file)
            files[path] = file;
        else
            files.Remove(path);
    }
}

/// <param name="Tree">Null where nothing would change, or where it conflicts.</param>
/// <param name="Conflicts">Paths that later work has changed in the same place.</param>
internal sealed record ReversalOutcome(string? Tree, IReadOnlyList<string> Conflicts);
