using System.Runtime.ExceptionServices;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Makes one snapshot of a bucket that others write to. What was durable when it began is in it, and whatever it has refers to is in it too;
/// what came later may be. docs/backup.md has the same steps by the same numbers.
/// </summary>
/// <remarks>
/// Records are read before the manifests, because a record names only commits that are durable already; a bundle is in the bucket before the
/// manifest that names it. Objects are copied as they lie there, sealed. To know what a manifest names, it is opened in memory.
/// </remarks>
internal sealed class BackupWriter(IBucket bucket, SealedBucket opened, BackupTarget target, IProgress<WorkProgress> progress)
{
    // Changes all the time and says nothing.
    private const string Health = "health/";
    private const int MostPasses = 20;
    private const int MostTries = 5;
    private const int FitsIntoMemory = 1024 * 1024;

    private readonly Dictionary<string, SnapshotObject> _objects = new(StringComparer.Ordinal);
    private readonly List<BucketFault> _faults = [];
    private HashSet<string> _there = [];
    private IReadOnlyDictionary<string, SnapshotObject> _before = new Dictionary<string, SnapshotObject>();
    private (long Count, long Bytes) _written;
    private StepCount _steps = new(progress, 0);

    /// <param name="before">An earlier snapshot: the bundles that it has need not be read again, for a bundle never changes.</param>
    public async Task<BackupReport> Write(DateTimeOffset at, SnapshotIndex? before, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, CancellationToken ct)
    {
        // 1. What is there already.
        _there = await target.ListObjects(ct);
        _before = before?.Objects ?? _before;
        // 2. Records.
        await CopyRecords(ct);
        // 3. Each workspace: its manifest, and the bundles that it names.
        foreach (var id in await new Manifests(opened, new Tombstones(opened)).List(ct))
            await CopyWorkspace(id, ct);
        // 4. What was shredded meanwhile is not in it.
        var shredded = await CopyTombstones(ct);
        // 5. The wrapped keys, as they are now.
        var wrapped = await ReadKeys(ct);
        // 6. From here on, the snapshot is there.
        var index = new SnapshotIndex(SnapshotIndex.NewId(at), _objects, files);
        await target.Put(index, wrapped, opened.Keys, ct);
        return new BackupReport
        {
            Snapshot = index.Id,
            Workspaces = _objects.Keys.Count(key => Manifests.WorkspaceOf(key) is not null),
            Objects = _objects.Count,
            Bytes = _objects.Values.Sum(o => o.Bytes),
            NewObjects = _written.Count,
            NewBytes = _written.Bytes,
            Shredded = shredded,
            Faults = _faults,
        };
    }

    // A record moves by being put at its new key before it goes at the old one, and a listing is not one instant. So what vanished is looked for
    // again, and at least one listing begins after all that there was when the backup began had been put.
    private async Task CopyRecords(CancellationToken ct)
    {
        for (var pass = 1; ; pass++)
        {
            var keys = (await opened.List("", ct)).Where(IsRecord).Where(key => !_objects.ContainsKey(key)).ToList();
            if (pass == 1)
                _steps = new StepCount(progress, keys.Count);

            var vanished = false;
            foreach (var key in keys)
            {
                vanished |= !await Copy(key, opened.RecordsSeal, ct);
                _steps.Done("records");
            }

            if (!vanished && pass > 1)
                return;
            if (pass == MostPasses)
                throw BackupFailures.Busy();
        }
    }

    private async Task CopyWorkspace(WorkspaceId id, CancellationToken ct)
    {
        var key = Manifests.Key(id);
        for (var tries = 0; ; tries++)
        {
            if (await bucket.Get(key, ct) is not { } found)
                return;

            var noted = _faults.Count;
            if (await TryCopyWorkspace(id, key, found, ct))
                return;

            // A bundle is gone: many became one since the manifest was read. Where it is still the same manifest, a bundle is lost.
            if ((await bucket.Get(key, ct))?.ETag == found.ETag)
                return;
            if (tries == MostTries)
                throw BackupFailures.Busy();

            _faults.RemoveRange(noted, _faults.Count - noted);
        }
    }

    private async Task<bool> TryCopyWorkspace(WorkspaceId id, string key, BucketObject found, CancellationToken ct)
    {
        foreach (var old in _objects.Keys.Where(k => k.StartsWith(Manifests.BundleFolder(id), StringComparison.Ordinal)).ToList())
            _objects.Remove(old);

        await PutSmall(key, found.Content, ct);
        using var keys = new WorkspaceKeys(opened.Keys);
        Manifest manifest;
        ObjectSeal seal;
        try
        {
            using var plain = new MemoryStream();
            await using var opening = new OpeningStream(plain, opened.RecordsSeal, key);
            await opening.WriteAsync(found.Content, ct);
            await opening.Finish(ct);
            manifest = Manifests.Parse(plain.GetBuffer().AsSpan(0, (int)plain.Length), id);
            seal = (await keys.Of(manifest, ct)).Seal;
        }
        catch (VexaException damaged) when (damaged.Status == 500)
        {
            // Which bundles it has, nobody knows: all that lie there are taken along, for whoever mends it.
            _faults.Add(new BucketFault(key, damaged.Rule, damaged.Message, damaged.Hint));
            foreach (var bundle in await bucket.List(Manifests.BundleFolder(id), ct))
                await Copy(bundle, seal: null, ct);
            return true;
        }

        var whole = true;
        foreach (var bundle in manifest.Bundles)
        {
            whole &= await CopyBundle(bundle.Key, seal, ct);
            _steps.Done($"workspace {id}");
        }

        return whole;
    }

    private async Task<bool> CopyBundle(string key, ObjectSeal seal, CancellationToken ct)
    {
        if (_before.TryGetValue(key, out var known) && _there.Contains(known.Sha256))
        {
            _objects[key] = known;
            return true;
        }

        if (await Copy(key, seal, ct))
            return true;

        _faults.Add(new BucketFault(key, "bundle-missing", $"The bundle {key} is missing.", "Restore it from an earlier backup; what was committed before it is not affected."));
        return false;
    }

    private async Task<IReadOnlyList<WorkspaceId>> CopyTombstones(CancellationToken ct)
    {
        var shredded = new List<WorkspaceId>();
        foreach (var key in await opened.List(Tombstones.Root, ct))
        {
            if (!_objects.ContainsKey(key))
                await Copy(key, opened.RecordsSeal, ct);

            var below = $"{Manifests.Root}{key[Tombstones.Root.Length..]}/";
            foreach (var gone in _objects.Keys.Where(k => k.StartsWith(below, StringComparison.Ordinal)).ToList())
            {
                _objects.Remove(gone);
                if (Manifests.WorkspaceOf(gone) is { } id)
                    shredded.Add(id);
            }
        }

        return shredded;
    }

    private async Task<Dictionary<string, ReadOnlyMemory<byte>>> ReadKeys(CancellationToken ct)
    {
        var wrapped = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var key in (string[])[SealedBucket.RecordsKeyObject, Passphrase.SaltKey])
            if (await bucket.Get(key, ct) is { } found)
                wrapped[key] = found.Content;

        return wrapped;
    }

    // An object that changes between two readings is read anew: its bytes and its hash are always of one version.
    private async Task<bool> Copy(string key, ObjectSeal? seal, CancellationToken ct)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            using var small = new SmallCopy(FitsIntoMemory);
            using var hashed = new HashingStream(small);
            if (!await bucket.CopyTo(key, hashed, ct))
                return false;

            var it = new SnapshotObject(hashed.Sha256(), hashed.Count);
            if (_there.Contains(it.Sha256))
            {
                _objects[key] = it;
                return true;
            }

            if (small.Whole is { } content)
            {
                await using var judging = new JudgingStream(seal, key);
                await judging.WriteAsync(content, ct);
                await Note(judging, key, ct);
                await PutSmall(key, content, ct);
                return true;
            }

            if (await TryPutLarge(key, it, seal, ct))
                return true;
        }

        throw BackupFailures.Busy();
    }

    private async Task PutSmall(string key, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        using var hashed = new HashingStream();
        await hashed.WriteAsync(content, ct);
        var it = new SnapshotObject(hashed.Sha256(), content.Length);
        if (!_there.Contains(it.Sha256))
        {
            using var stream = new MemoryStream(content.ToArray(), writable: false);
            await target.PutObject(it.Sha256, stream, ct);
            Wrote(it);
        }

        _objects[key] = it;
    }

    // Once more through, now into the target: what it puts is whole and has this hash, or it is not put.
    private async Task<bool> TryPutLarge(string key, SnapshotObject it, ObjectSeal? seal, CancellationToken ct)
    {
        await using var judging = new JudgingStream(seal, key);
        await using var content = new PulledStream(to => Read(judging.Before(to)));
        try
        {
            await target.PutObject(it.Sha256, content, ct);
        }
        catch (ReadFault fault)
        {
            // The target only passes on what went wrong at the other end of the pipe.
            if (fault.InnerException is { } cause)
                ExceptionDispatchInfo.Throw(cause);

            return false;
        }

        await Note(judging, key, ct);
        Wrote(it);
        _objects[key] = it;
        return true;

        async Task Read(Stream to)
        {
            using var hashed = new HashingStream(to);
            try
            {
                if (await bucket.CopyTo(key, hashed, ct) && hashed.Count == it.Bytes && hashed.Sha256() == it.Sha256)
                    return;
            }
            catch (VexaException fault)
            {
                throw new ReadFault(fault);
            }

            throw new ReadFault(null);
        }
    }

    private void Wrote(SnapshotObject it)
    {
        _there.Add(it.Sha256);
        _written = (_written.Count + 1, _written.Bytes + it.Bytes);
    }

    private async Task Note(JudgingStream judging, string key, CancellationToken ct)
    {
        if (await judging.Finish(ct) is { } fault)
            _faults.Add(new BucketFault(key, fault.Rule, fault.Message, fault.Hint));
    }

    private static bool IsRecord(string key) => !key.StartsWith(Manifests.Root, StringComparison.Ordinal) && !key.StartsWith(Health, StringComparison.Ordinal);

    /// <summary>It could not be read, or (without a cause) was another version than before.</summary>
    private sealed class ReadFault(Exception? cause) : Exception("The object could not be read.", cause);

    /// <summary>Keeps what is written to it for as long as it is small.</summary>
    private sealed class SmallCopy(int most) : MemoryStream
    {
        private bool _isLarge;

        public byte[]? Whole => _isLarge ? null : ToArray();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _isLarge |= Length + buffer.Length > most;
            if (!_isLarge)
                base.Write(buffer);
        }
    }
}
