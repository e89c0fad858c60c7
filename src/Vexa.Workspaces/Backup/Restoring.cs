using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Brings one snapshot back.</summary>
internal sealed class Restoring(BackupTarget target, BackupTarget.Snapshot snapshot)
{
    // Says which snapshot is being restored here.
    private const string Unfinished = SealedBucket.RestoringObject;

    /// <summary>Everything in it, read and opened.</summary>
    public Task<BucketCheckReport> Check(IProgress<WorkProgress> progress, CancellationToken ct) => Check(new SnapshotBucket(target, snapshot.Index, snapshot.Folder), progress, ct);

    /// <param name="shreddedSince">Tombstones that later snapshots have, by key.</param>
    public async Task<RestoreReport> Into(IBucket bucket, IReadOnlyDictionary<string, SnapshotObject> shreddedSince, DamagePolicy damage, Action<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> putBeside, IProgress<WorkProgress> progress, CancellationToken ct)
    {
        var index = snapshot.Index;
        await RequireEmpty(bucket, index.Id, ct);
        var objects = index.Objects.ToDictionary(StringComparer.Ordinal);
        var shredded = LeaveShredded(objects, shreddedSince);
        var content = new SnapshotBucket(target, index with { Objects = objects }, snapshot.Folder);
        var report = await Check(content, progress, ct);
        if (report.Faults.Count > 0 && damage == DamagePolicy.Refuse)
            throw BackupFailures.Damages(report.Faults);

        await bucket.Put(Unfinished, Encoding.ASCII.GetBytes(index.Id), PutCondition.None, ct);
        var (there, faults) = (0L, report.Faults.ToList());
        var steps = new StepCount(progress, objects.Count);
        foreach (var key in objects.Keys.Order(StringComparer.Ordinal).ToList())
        {
            var isThere = await IsThere(bucket, key, objects[key], ct);
            there += isThere ? 1 : 0;
            if (!isThere && await Put(bucket, content, key, ct) is { } fault)
            {
                if (damage == DamagePolicy.Refuse)
                    throw fault;
                if (faults.TrueForAll(known => known.Key != key))
                    faults.Add(new BucketFault(key, fault.Rule, fault.Message, fault.Hint));
                objects.Remove(key);
            }

            steps.Done("restoring");
        }

        // What opens the bucket comes last: from then on there is nothing that the same command could go on with.
        putBeside(index.Files);
        foreach (var key in (await snapshot.Folder.List(SealedBucket.KeysFolder, ct)).OrderBy(key => key == SealedBucket.RecordsKeyObject))
            await bucket.Put(key, (await snapshot.Folder.Get(key, ct))!.Content, PutCondition.None, ct);

        await bucket.Delete(Unfinished, ct);
        return new RestoreReport
        {
            Snapshot = index.Id,
            Workspaces = objects.Keys.Count(key => Manifests.WorkspaceOf(key) is not null),
            Objects = objects.Count,
            Bytes = objects.Values.Sum(o => o.Bytes),
            AlreadyThere = there,
            Shredded = shredded,
            Faults = faults,
        };
    }

    private async Task<BucketCheckReport> Check(SnapshotBucket content, IProgress<WorkProgress> progress, CancellationToken ct)
    {
        // By the source that opened the index: the keys are the same, and a passphrase takes its time.
        using var opened = await SealedBucket.Open(content, snapshot.Bucket.Keys, ct);
        return await new BucketCheck(opened).Run(static _ => null, progress, ct);
    }

    private static async Task RequireEmpty(IBucket bucket, string id, CancellationToken ct)
    {
        var there = await bucket.List("", ct);
        if (there.Count == 0)
            return;
        if (there.Contains(SealedBucket.RecordsKeyObject) || await bucket.Get(Unfinished, ct) is not { } begun)
            throw BackupFailures.NotEmpty();
        if (Encoding.ASCII.GetString(begun.Content.Span) is var other && other != id)
            throw BackupFailures.OtherRestore(other);
    }

    private static List<WorkspaceId> LeaveShredded(Dictionary<string, SnapshotObject> objects, IReadOnlyDictionary<string, SnapshotObject> shreddedSince)
    {
        var shredded = new List<WorkspaceId>();
        foreach (var (key, tombstone) in shreddedSince)
        {
            objects[key] = tombstone;
            var below = $"{Manifests.Root}{key[Tombstones.Root.Length..]}/";
            foreach (var gone in objects.Keys.Where(k => k.StartsWith(below, StringComparison.Ordinal)).ToList())
            {
                objects.Remove(gone);
                if (Manifests.WorkspaceOf(gone) is { } id)
                    shredded.Add(id);
            }
        }

        return shredded;
    }

    // Of an earlier try; what it put may have been damaged since.
    private static async Task<bool> IsThere(IBucket bucket, string key, SnapshotObject it, CancellationToken ct)
    {
        using var hashed = new HashingStream();
        return await bucket.CopyTo(key, hashed, ct) && hashed.Count == it.Bytes && hashed.Sha256() == it.Sha256;
    }

    private static async Task<VexaException?> Put(IBucket bucket, SnapshotBucket content, string key, CancellationToken ct)
    {
        try
        {
            await using var reading = new PulledStream(to => content.CopyTo(key, to, ct));
            await bucket.Put(key, reading, PutCondition.None, ct);
            return null;
        }
        catch (VexaException fault) when (fault.Rule == "backup-damaged")
        {
            return fault;
        }
    }
}
