using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Bare repositories, one per workspace, with exactly the objects that the bundles in the bucket have. They can be thrown away at any
/// time. They have no refs: what is where only the manifest says.
/// </summary>
internal sealed partial class WorkspaceCache(Manifests manifests, SealedBucket bucket, WorkspaceKeys keys, Git git, WorkspaceOptions options, ILogger log)
{
    private const string BundleMissing = "bundle-missing";

    private readonly ConcurrentDictionary<WorkspaceId, Entry> _entries = new();
    private readonly CacheUsers _users = new();
    private long _leaves;

    /// <summary>From here on, and until this is disposed, no room is made by the copy of this workspace. Before any snapshot of it is asked for.</summary>
    public CacheUse Use(WorkspaceId id)
    {
        _users.Enter(id);
        return new CacheUse(this, id);
    }

    public void Leave(WorkspaceId id)
    {
        if (_entries.TryGetValue(id, out var entry))
            entry.LeftAt = Interlocked.Increment(ref _leaves);

        _users.Leave(id);
    }

    /// <summary>Removes copies that nobody uses, first those that nobody has used for longest.</summary>
    /// <returns>How many.</returns>
    public int MakeRoom(int most) => Copies().OrderBy(id => _entries.GetValueOrDefault(id)?.LeftAt ?? 0).Where(TryRemove).Take(most).Count();

    /// <summary>The workspace as the bucket has it now.</summary>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>; <c>bundle-missing</c>, <c>bundle-damaged</c>, <c>commit-missing</c>, <c>object-damaged</c>.</exception>
    public async Task<Snapshot> Refresh(WorkspaceId id, CancellationToken ct)
    {
        if (!_entries.TryGetValue(id, out var entry))
        {
            await manifests.Read(id, ct);
            entry = _entries.GetOrAdd(id, _ => new Entry());
        }

        await entry.Gate.WaitAsync(ct);
        try
        {
            while (true)
            {
                // Read behind the gate: the copy goes forward only, as the manifests do.
                var (manifest, etag) = await ReadOrWipe(id, entry, ct);
                if (entry.Last is { } last && last.ETag == etag && BareRepository.IsWhole(last.Repository))
                    return last;

                try
                {
                    await Unpack(manifest, ct);
                    return entry.Last = new Snapshot(manifest, etag, FolderOf(id));
                }
                catch (VexaException missing) when (missing.Rule == BundleMissing)
                {
                    // Another process may have made one of many bundles since the manifest was read.
                    if ((await manifests.Read(id, ct)).ETag == etag)
                        throw;
                }
            }
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>Takes in a bundle that was just put, so that the next refresh need not fetch it.</summary>
    public async Task Advance(Snapshot at, Manifest to, string etag, Stream bundle, CancellationToken ct)
    {
        var entry = _entries.GetOrAdd(to.Workspace, _ => new Entry());
        await entry.Gate.WaitAsync(ct);
        try
        {
            if (entry.Last?.ETag != at.ETag)
                return;

            await Apply(at.Repository, to.Bundles[^1], bundle, ct);
            entry.Last = at with { Manifest = to, ETag = etag };
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>Forgets a workspace that is destroyed: its copy, and its key. Nobody may be committing to it.</summary>
    public async Task Destroy(WorkspaceId id, CancellationToken ct)
    {
        var entry = _entries.GetOrAdd(id, _ => new Entry());
        await entry.Gate.WaitAsync(ct);
        try
        {
            entry.Last = null;
            Wipe(id);
            keys.Forget(id);
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>How often the copy was made anew.</summary>
    public int CopyOf(WorkspaceId id) => _entries.TryGetValue(id, out var entry) ? entry.Copy : 0;

    /// <summary>Forgets the unpacked copy, which turned out to be unusable; unless somebody has done so since it was this one.</summary>
    public async Task Discard(WorkspaceId id, int copy, CancellationToken ct)
    {
        if (!_entries.TryGetValue(id, out var entry))
            return;

        await entry.Gate.WaitAsync(ct);
        try
        {
            if (entry.Copy != copy)
                return;

            entry.Last = null;
            Wipe(id);
            entry.Copy++;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    // Of this process and of those before it.
    private List<WorkspaceId> Copies()
    {
        var copies = new List<WorkspaceId>();
        foreach (var folder in Directory.EnumerateDirectories(Path.GetFullPath(options.CacheFolder)))
            if (Id.TryParse<WorkspaceId>(Path.GetFileName(folder), out var id))
                copies.Add(id);

        return copies;
    }

    private bool TryRemove(WorkspaceId id)
    {
        var entry = _entries.GetOrAdd(id, _ => new Entry());
        if (!entry.Gate.Wait(0))
            return false;

        try
        {
            // Who comes now waits at the gate, and then finds none.
            if (_users.IsUsed(id))
                return false;

            entry.Last = null;
            Wipe(id);
            return true;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    private async Task<(Manifest Manifest, string ETag)> ReadOrWipe(WorkspaceId id, Entry entry, CancellationToken ct)
    {
        try
        {
            return await manifests.Read(id, ct);
        }
        catch (VexaException shredded) when (shredded.Status == 410)
        {
            // By another process: what is unpacked here is all that is left of it.
            entry.Last = null;
            Wipe(id);
            throw;
        }
    }

    private string FolderOf(WorkspaceId id) => Path.Combine(Path.GetFullPath(options.CacheFolder), id.Value);

    private void Wipe(WorkspaceId id)
    {
        Discarding(log, id);
        if (Directory.Exists(FolderOf(id)))
            Directory.Delete(FolderOf(id), recursive: true);
    }

    private async Task Unpack(Manifest manifest, CancellationToken ct)
    {
        var folder = FolderOf(manifest.Workspace);
        if (Directory.Exists(folder) && !BareRepository.IsWhole(folder))
            Wipe(manifest.Workspace);

        if (!Directory.Exists(folder))
            BareRepository.Make(folder);

        var applied = Applied(folder);
        var missing = manifest.Bundles.Where(b => !applied.Contains(b.Sha256)).ToList();
        var key = missing.Count == 0 ? null : await keys.Of(manifest, ct);
        foreach (var bundle in missing)
            await Fetch(folder, manifest.Workspace, bundle, key!.Seal, ct);

        RemoveUnnamed(folder, manifest);
        await RequireCommits(folder, manifest, ct);
    }

    // A manifest that points forward: all of its bundles are there and sound, and yet not what its refs name.
    private async Task RequireCommits(string folder, Manifest manifest, CancellationToken ct)
    {
        var refs = manifest.Refs.ToList();
        var questions = new MemoryStream(Encoding.ASCII.GetBytes(string.Concat(refs.Select(r => $"info {r.Value}\n"))));
        var reader = new ObjectReader(await git.Run(new GitCall(new GitFolders(folder), "cat-file", "--batch-command", "--buffer") { Input = questions }, ct));
        foreach (var (name, commit) in refs)
            if (reader.Info() is not { Type: "commit" })
                throw Faulty("commit-missing", $"The manifest of workspace {manifest.Workspace} says that {name} is at {commit}, which is in none of its bundles.");
    }

    // What the manifest names no more: its bundles became one, or an older copy was left behind by another process. A git that runs finds what it needs
    // in the packs that are there by now.
    private static void RemoveUnnamed(string folder, Manifest manifest)
    {
        foreach (var sha256 in Applied(folder).Except(manifest.Bundles.Select(b => b.Sha256)))
            File.Delete(Path.Combine(AppliedFolder(folder), sha256));

        var packs = Applied(folder).Select(sha256 => File.ReadAllText(Path.Combine(AppliedFolder(folder), sha256))).ToHashSet();
        // In order, an index goes before its pack: no pack is looked for that is not there.
        foreach (var file in Directory.GetFiles(Path.Combine(folder, "objects", "pack")).Order(StringComparer.Ordinal))
            if (!packs.Contains(Path.GetFileNameWithoutExtension(file)))
                File.Delete(file);
    }

    private async Task Fetch(string folder, WorkspaceId workspace, ManifestBundle bundle, ObjectSeal seal, CancellationToken ct)
    {
        await using var file = TemporaryFile.Create(folder);
        if (!await bucket.CopyTo(bundle.Key, file, seal, ct))
            throw Faulty(BundleMissing, $"Bundle {bundle.Key} of workspace {workspace} is missing in the bucket.");

        file.Position = 0;
        if (file.Length != bundle.Bytes || Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct)) != bundle.Sha256)
            throw Faulty("bundle-damaged", $"Bundle {bundle.Key} of workspace {workspace} is not what its manifest says.");

        await Apply(folder, bundle, file, ct);
    }

    private async Task Apply(string folder, ManifestBundle bundle, Stream content, CancellationToken ct)
    {
        content.Position = 0;
        var pack = "";
        if (Bundle.ReadOurs(content).Objects > 0)
        {
            var said = await git.Run(new GitCall(new GitFolders(folder), "index-pack", "--stdin", "--fix-thin") { Input = content }, ct);
            pack = Encoding.ASCII.GetString(said.Span).Trim().Replace('\t', '-');
        }

        Directory.CreateDirectory(AppliedFolder(folder));
        await File.WriteAllTextAsync(Path.Combine(AppliedFolder(folder), bundle.Sha256), pack, ct);
    }

    private static HashSet<string> Applied(string folder) =>
        Directory.Exists(AppliedFolder(folder)) ? [.. Directory.EnumerateFiles(AppliedFolder(folder)).Select(path => Path.GetFileName(path))] : [];

    // A file for each bundle, named after it, that says which pack it became.
    private static string AppliedFolder(string folder) => Path.Combine(folder, "vexa-packs");

    private static VexaException Faulty(string rule, string message) =>
        new(Stage.WorkspaceOpen, Party.Operator, rule, message, "Restore it from a backup of the bucket; nothing that was committed before it is affected.") { Status = 500 };

    [LoggerMessage(Level = LogLevel.Information, Message = "the unpacked copy of workspace {Workspace} is made anew")]
    private static partial void Discarding(ILogger log, WorkspaceId workspace);

    private sealed class Entry
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public Snapshot? Last { get; set; }

        public int Copy { get; set; }

        /// <summary>Smaller is longer ago.</summary>
        public long LeftAt { get; set; }
    }
}
