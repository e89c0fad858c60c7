using System.Collections.Concurrent;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Workspaces;

/// <summary>
/// The manifests in the bucket: one object per workspace, the only thing that says which workspaces there are. A manifest only goes forward:
/// who puts an old one back, or takes one away, is noticed by every process that knows a newer one.
/// </summary>
internal sealed class Manifests(IBucket bucket, Tombstones tombstones)
{
    /// <summary>Below it lies everything of the workspaces, and nothing else.</summary>
    public const string Root = "workspaces/";

    private const string Name = "/manifest";
    private const string Bundles = "/bundles/";
    private const int NameLength = 64;
    private const int MostListed = 10;

    private readonly ConcurrentDictionary<WorkspaceId, Seen> _newest = new();

    public static string BundleKey(WorkspaceId id, string name) => $"{BundleFolder(id)}{name}";

    public static string BundleFolder(WorkspaceId id) => $"{Root}{id}{Bundles}";

    /// <exception cref="VexaException">404 <c>unknown-workspace</c>, or what <see cref="Find"/> throws.</exception>
    public async Task<(Manifest Manifest, string ETag)> Read(WorkspaceId id, CancellationToken ct) =>
        await Find(id, ct) ?? throw await Unknown(id, ct);

    /// <exception cref="VexaException"><c>manifest-damaged</c>, <c>manifest-rolled-back</c>; 410 <c>workspace-shredded</c>.</exception>
    public async Task<(Manifest Manifest, string ETag)?> Find(WorkspaceId id, CancellationToken ct)
    {
        // What was known before the bucket was asked: a put that ends meanwhile is no reason to call this answer an old one.
        var known = _newest.GetValueOrDefault(id);
        var found = await bucket.Get(Key(id), ct);
        // Also where there is a manifest that nobody knew: somebody may have put an old one back.
        if ((found is null || known is null) && await tombstones.Find(id, ct) is { } tombstone)
            throw Tombstones.Shredded(tombstone);
        if (found is null)
            return known is null ? null : throw RolledBack(id, "is gone", known);

        var manifest = Parse(found.Content.Span, id);
        if (known is not null && manifest.Generation < known.Generation)
            throw RolledBack(id, $"is of generation {manifest.Generation}", known);
        if (known is not null && manifest.Generation == known.Generation && found.ETag != known.ETag)
            throw RolledBack(id, "is another one of the same generation", known);

        Saw(manifest, found.ETag);
        return (manifest, found.ETag);
    }

    /// <summary>Moves the workspace: the one linearisation point.</summary>
    /// <param name="manifest">With the fence of the one that it follows.</param>
    /// <returns>The new ETag; null where somebody else was first.</returns>
    /// <exception cref="VexaException"><c>writer-lease-lost</c>: a later holder of the lease has written it.</exception>
    public async Task<string?> Put(Manifest manifest, PutCondition condition, CancellationToken ct)
    {
        if (bucket.Fence is { } fence && manifest.Fence > fence)
            throw WriterLease.Lost(Key(manifest.Workspace));

        var fenced = manifest with { Fence = bucket.Fence };
        var etag = await bucket.Put(Key(manifest.Workspace), JsonSerializer.SerializeToUtf8Bytes(fenced, VexaJson.Default.Manifest), condition, ct);
        if (etag is not null)
            Saw(manifest, etag);

        return etag;
    }

    /// <summary>Takes the manifest away, and with it the workspace's wrapped key, then the bundles and what is noted of them. Only behind a tombstone.</summary>
    public async Task Destroy(WorkspaceId id, CancellationToken ct)
    {
        _newest.TryRemove(id, out _);
        await bucket.Delete(Key(id), ct);
        foreach (var bundle in await bucket.List(BundleFolder(id), ct))
            await bucket.Delete(bundle, ct);
        await bucket.Delete(UnnamedBundles.Key(id), ct);
    }

    public async Task<IReadOnlyList<WorkspaceId>> List(CancellationToken ct)
    {
        var found = new List<WorkspaceId>();
        foreach (var key in await bucket.List(Root, ct))
            if (WorkspaceOf(key) is { } id)
                found.Add(id);

        return found;
    }

    /// <summary>Whose manifest the object is; null where it is none.</summary>
    public static WorkspaceId? WorkspaceOf(string key) =>
        key.StartsWith(Root, StringComparison.Ordinal) && key.EndsWith(Name, StringComparison.Ordinal) && key.Length > Root.Length + Name.Length
        && Id.TryParse<WorkspaceId>(key[Root.Length..^Name.Length], out var id) ? id : null;

    public static string Key(WorkspaceId id) => $"{Root}{id}{Name}";

    private void Saw(Manifest manifest, string etag) => _newest.AddOrUpdate(manifest.Workspace,
        static (_, saw) => saw, static (_, known, saw) => saw.Generation > known.Generation ? saw : known, new Seen(manifest.Generation, etag));

    /// <exception cref="VexaException"><c>manifest-damaged</c>.</exception>
    public static Manifest Parse(ReadOnlySpan<byte> content, WorkspaceId id)
    {
        try
        {
            return Contract.Read(content, VexaJson.Default.Manifest) is var manifest && IsSound(manifest, id) ? manifest : throw Damaged(id, null);
        }
        catch (JsonException fault)
        {
            throw Damaged(id, fault);
        }
    }

    private static bool IsSound(Manifest manifest, WorkspaceId id) =>
        manifest.Workspace == id && manifest.WrappedKey is not null && manifest.Refs.ContainsKey(Snapshot.Trunk) && manifest.Refs.Values.All(Sha.IsValid)
        && manifest.Bundles.All(b => IsBundleKey(b.Key, id) && b.Sha256.All(char.IsAsciiHexDigitLower));

    // Which name belongs to which content only the workspace's key tells; what lies there is judged by its hash.
    private static bool IsBundleKey(string key, WorkspaceId id) =>
        BundleFolder(id) is var folder && key.Length == folder.Length + NameLength && key.StartsWith(folder, StringComparison.Ordinal) && key[folder.Length..].All(char.IsAsciiHexDigitLower);

    private async Task<VexaException> Unknown(WorkspaceId id, CancellationToken ct)
    {
        var there = await List(ct);
        var names = there.Count == 0 ? "there is none yet" : $"there are: {string.Join(", ", there.Take(MostListed))}{(there.Count > MostListed ? ", ..." : "")}";
        return new VexaException(Stage.WorkspaceOpen, Party.Caller, "unknown-workspace", $"There is no workspace {id}.",
            $"Make it: vexa workspace new {id}; {names}.")
        { Status = 404 };
    }

    private static VexaException RolledBack(WorkspaceId id, string what, Seen known) => new(Stage.WorkspaceOpen, Party.Operator, "manifest-rolled-back",
        $"The manifest of workspace {id} in the bucket {what}, but there was one of generation {known.Generation}: somebody put an old state back, or took it away.",
        "Put the newer one back. Where a backup was restored on purpose, restart vexa: a restore happens while it is down.")
    { Status = 500 };

    public static VexaException Damaged(WorkspaceId id, Exception? cause) => new(Stage.WorkspaceOpen, Party.Operator, "manifest-damaged",
        $"The manifest of workspace {id} in the bucket cannot be read.", $"Restore {Key(id)} from a backup of the bucket.", cause)
    { Status = 500 };

    private sealed record Seen(long Generation, string ETag);
}
