using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// The backups of a bucket in another one: make one, list them, check one, remove old ones, bring one back. No key and no plaintext is in them.
/// One process at a time may change what lies at a place; that is its caller's care.
/// </summary>
/// <param name="place">Where the backups lie: a bucket of its own, or an empty one.</param>
public sealed class Backups(IBucket place, SealingOptions sealing, TimeProvider time)
{
    /// <summary>Whether a file of this path can be taken along: no segment starts with a dot, and none has other characters than a key has.</summary>
    public static bool CanHold(string path) => BucketKey.IsKey(path);

    /// <summary>Makes one. It is there when this returns; whatever breaks off, those before it are as they were.</summary>
    /// <param name="bucket">As it lies there, sealed. Others may be writing to it.</param>
    /// <param name="files">Small ones that belong to the installation, by path.</param>
    /// <exception cref="VexaException"><c>nothing-stored</c>, <c>backup-foreign</c>, <c>backup-other</c>, <c>backup-full</c>, <c>backup-unavailable</c>, or what opening the bucket throws.</exception>
    public async Task<BackupReport> Make(IBucket bucket, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, IProgress<WorkProgress> progress, CancellationToken ct)
    {
        if (await bucket.Get(SealedBucket.RecordsKeyObject, ct) is null && await bucket.List("", ct) is [])
            throw BackupFailures.Nothing();

        using var opened = await SealedBucket.Open(bucket, sealing, time, ct);
        var target = await BackupTarget.OpenOrCreate(place, opened.Name, ct);
        return await new BackupWriter(bucket, opened, target, progress).Write(await Now(target, ct), await Newest(target, opened.Keys, ct), files, ct);
    }

    // Later than all that are there, also where the clock was set back: the newest is the one that is kept, and restored.
    private async Task<DateTimeOffset> Now(BackupTarget target, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        return await target.List(ct) is [.., var last] && SnapshotIndex.TimeOf(last) is { } before && string.CompareOrdinal(SnapshotIndex.NewId(now), last) <= 0 ? before.AddMilliseconds(1) : now;
    }

    /// <summary>The snapshots, oldest first.</summary>
    /// <exception cref="VexaException"><c>backup-missing</c>, <c>backup-foreign</c>.</exception>
    public async Task<IReadOnlyList<SnapshotInfo>> List(CancellationToken ct)
    {
        var target = await BackupTarget.Open(place, ct);
        var found = new List<SnapshotInfo>();
        foreach (var id in await target.List(ct))
            try
            {
                using var snapshot = await Read(target, id, ct);
                var objects = snapshot.Index.Objects;
                found.Add(new SnapshotInfo(id, SnapshotIndex.TimeOf(id)!.Value, objects.Keys.Count(key => Manifests.WorkspaceOf(key) is not null), objects.Count, objects.Values.Sum(o => o.Bytes), Fault: null));
            }
            catch (VexaException fault) when (fault.Status == 500)
            {
                found.Add(new SnapshotInfo(id, SnapshotIndex.TimeOf(id)!.Value, 0, 0, 0, fault));
            }

        return found;
    }

    /// <summary>Reads all of a snapshot: that its bytes are those that were copied, and that the key opens them.</summary>
    /// <param name="id">Null for the newest.</param>
    /// <exception cref="VexaException"><c>unknown-snapshot</c>, or it cannot be opened at all.</exception>
    public async Task<(string Snapshot, BucketCheckReport Report)> Check(string? id, IProgress<WorkProgress> progress, CancellationToken ct)
    {
        var target = await BackupTarget.Open(place, ct);
        using var snapshot = await Read(target, id ?? await NewestId(target, ct), ct);
        return (snapshot.Index.Id, await new Restoring(target, snapshot).Check(progress, ct));
    }

    /// <summary>Removes snapshots, then the objects that none of those that stay names.</summary>
    /// <param name="keep">How many of the newest stay; null for all that are not named.</param>
    /// <param name="remove">Ids of others that go.</param>
    /// <exception cref="VexaException"><c>unknown-snapshot</c>; <c>backup-unreadable</c>: one that stays cannot be opened, and nothing was removed.</exception>
    public async Task<PruneReport> Prune(int? keep, IReadOnlyCollection<string> remove, CancellationToken ct)
    {
        var target = await BackupTarget.Open(place, ct);
        var all = await target.List(ct);
        if (remove.FirstOrDefault(id => !all.Contains(id)) is { } unknown)
            throw BackupFailures.UnknownSnapshot(unknown);

        var kept = all.TakeLast(keep ?? all.Count).Except(remove).ToList();
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in kept)
            try
            {
                using var snapshot = await Read(target, id, ct);
                named.UnionWith(snapshot.Index.Objects.Values.Select(o => o.Sha256));
            }
            catch (VexaException fault) when (fault.Status == 500)
            {
                throw BackupFailures.NotPrunable(id, fault);
            }

        var removed = all.Except(kept).ToList();
        foreach (var id in removed)
            await target.Remove(id, ct);

        await target.RemoveUnfinished(ct);
        var unnamed = (await target.ListObjects(ct)).Except(named).ToList();
        foreach (var sha256 in unnamed)
            await target.RemoveObject(sha256, ct);

        return new PruneReport(removed, kept, unnamed.Count);
    }

    /// <summary>
    /// Brings a snapshot back into an empty bucket. Everything is read and judged before the first object is put; what opens the bucket is put
    /// last, so that a restore that broke off is never taken for a bucket. The same again goes on with it.
    /// </summary>
    /// <param name="id">Null for the newest.</param>
    /// <param name="bucket">Empty, and nobody writes to it.</param>
    /// <param name="putBeside">Puts the files that belong to the installation, by path, where they were; called before the bucket can be opened, and again by the next try.</param>
    /// <exception cref="VexaException"><c>bucket-not-empty</c>, <c>restore-unfinished</c>, <c>unknown-snapshot</c>, <c>backup-damaged</c>, <c>key-missing</c>, <c>key-unknown</c>.</exception>
    public async Task<RestoreReport> Restore(string? id, IBucket bucket, DamagePolicy damage, Action<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> putBeside, IProgress<WorkProgress> progress, CancellationToken ct)
    {
        var target = await BackupTarget.Open(place, ct);
        using var snapshot = await Read(target, id ?? await NewestId(target, ct), ct);
        var since = await ShreddedSince(target, snapshot, ct);
        return await new Restoring(target, snapshot).Into(bucket, since, damage, putBeside, progress, ct);
    }

    private Task<BackupTarget.Snapshot> Read(BackupTarget target, string id, CancellationToken ct) =>
        target.Read(id, folder => SealedBucket.Open(folder, sealing, time, ct), ct);

    private static async Task<string> NewestId(BackupTarget target, CancellationToken ct) => await target.List(ct) is [.., var newest] ? newest : throw BackupFailures.NoSnapshot();

    // Only to save work: without one, everything is read.
    private static async Task<SnapshotIndex?> Newest(BackupTarget target, IKeySource keys, CancellationToken ct)
    {
        foreach (var id in (await target.List(ct)).Reverse())
            try
            {
                using var snapshot = await target.Read(id, folder => SealedBucket.Open(folder, keys, ct), ct);
                return snapshot.Index;
            }
            catch (VexaException fault) when (fault.Status == 500)
            {
                // Damaged, or its key is gone; the list of snapshots tells so.
            }

        return null;
    }

    // A later snapshot knows what was shredded after this one.
    private static async Task<IReadOnlyDictionary<string, SnapshotObject>> ShreddedSince(BackupTarget target, BackupTarget.Snapshot snapshot, CancellationToken ct)
    {
        var tombstones = new Dictionary<string, SnapshotObject>(StringComparer.Ordinal);
        foreach (var later in (await target.List(ct)).Where(id => string.CompareOrdinal(id, snapshot.Index.Id) > 0))
            try
            {
                using var read = await target.Read(later, folder => SealedBucket.Open(folder, snapshot.Bucket.Keys, ct), ct);
                foreach (var (key, it) in read.Index.Objects.Where(o => o.Key.StartsWith(Tombstones.Root, StringComparison.Ordinal)))
                    tombstones[key] = it;
            }
            catch (VexaException fault) when (fault.Status == 500)
            {
                // The one that is restored does not depend on it; the list of snapshots tells that it cannot be opened.
            }

        return tombstones;
    }
}

/// <summary>What to do where a part of a backup is damaged.</summary>
public enum DamagePolicy
{
    /// <summary>Restore nothing.</summary>
    Refuse,
    /// <summary>Restore all else.</summary>
    LeaveOut,
}
