using System.Security.Cryptography;
using System.Text.Json;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Reads everything in a sealed bucket and says what is wrong: each object opens, each manifest is whole, each bundle that one names is there and
/// is what it says, each record has its shape. It changes nothing, and what is written meanwhile is no fault.
/// </summary>
public sealed class BucketCheck(SealedBucket bucket)
{
    private const int LongestHead = 5 * 1024 * 1024;
    private const int MostTries = 5;

    private readonly Manifests _manifests = new(bucket, new Tombstones(bucket));
    private readonly List<BucketFault> _faults = [];
    private long _records;
    private long _bytes;
    private int _workspaces;
    private int _bundles;
    private int _unnamed;

    /// <param name="shapeOf">How to read a record of this key: what it throws (<see cref="JsonException"/>) is a fault. Null where it is no record of a shape.</param>
    public async Task<BucketCheckReport> Run(Func<string, Action<ReadOnlyMemory<byte>>?> shapeOf, IProgress<WorkProgress> progress, CancellationToken ct)
    {
        var keys = await bucket.List("", ct);
        var steps = new StepCount(progress, keys.Count);
        using var workspaceKeys = new WorkspaceKeys(bucket.Keys);
        foreach (var key in keys)
            if (!key.StartsWith(Manifests.Root, StringComparison.Ordinal))
            {
                await Record(key, shapeOf(key), ct);
                steps.Done("records");
            }

        foreach (var group in keys.Where(key => key.StartsWith(Manifests.Root, StringComparison.Ordinal)).GroupBy(key => key.Split('/')[1]))
        {
            if (group.FirstOrDefault(key => Manifests.WorkspaceOf(key) is not null) is { } manifest)
                await Workspace(Manifests.WorkspaceOf(manifest)!.Value, group.Where(key => key != manifest).ToHashSet(StringComparer.Ordinal), workspaceKeys, steps, ct);
            else
                // What a workspace that is being made, or destroyed, has; or what a crash left of one.
                _unnamed += group.Count();
        }

        return new BucketCheckReport(_records, _workspaces, _bundles, _bytes, _unnamed, _faults);
    }

    private async Task Record(string key, Action<ReadOnlyMemory<byte>>? shape, CancellationToken ct) => await Noting(key, async () =>
    {
        if (shape is null)
        {
            using var counted = new HashingStream();
            _records += await bucket.CopyTo(key, counted, ct) ? 1 : 0;
            _bytes += counted.Count;
            return;
        }

        if (await bucket.Get(key, ct) is not { } found)
            return;

        _records++;
        _bytes += found.Content.Length;
        try
        {
            shape(found.Content);
        }
        catch (JsonException)
        {
            _faults.Add(new BucketFault(key, "record-damaged", $"The record {key} opens, and is not what a record of its kind is.", "Restore it from a backup, or remove it."));
        }
    });

    private async Task Workspace(WorkspaceId id, HashSet<string> others, WorkspaceKeys workspaceKeys, StepCount steps, CancellationToken ct)
    {
        for (var tries = 0; ; tries++)
        {
            (Manifest Manifest, string ETag)? found = null;
            await Noting(Manifests.Key(id), async () => found = await _manifests.Find(id, ct));
            // Gone meanwhile, or damaged and told.
            if (found is not var (manifest, etag))
                return;

            var noted = _faults.Count;
            var (bundles, bytes) = await Bundles(manifest, workspaceKeys, steps, ct);
            if (_faults.Count > noted && tries < MostTries && await bucket.Get(Manifests.Key(id), ct) is var now && now?.ETag != etag)
            {
                // Many bundles became one while they were looked for.
                _faults.RemoveRange(noted, _faults.Count - noted);
                continue;
            }

            (_workspaces, _bundles, _bytes) = (_workspaces + 1, _bundles + bundles, _bytes + bytes);
            _unnamed += others.Except(manifest.Bundles.Select(b => b.Key)).Count();
            return;
        }
    }

    private async Task<(int Bundles, long Bytes)> Bundles(Manifest manifest, WorkspaceKeys workspaceKeys, StepCount steps, CancellationToken ct)
    {
        ObjectSeal? seal = null;
        await Noting(Manifests.Key(manifest.Workspace), async () => seal = (await workspaceKeys.Of(manifest, ct)).Seal);
        var bytes = 0L;
        foreach (var bundle in seal is null ? [] : manifest.Bundles)
        {
            await Noting(bundle.Key, () => Bundle(bundle, seal!, ct));
            bytes += bundle.Bytes;
            steps.Done("workspaces");
        }

        return (manifest.Bundles.Count, bytes);
    }

    private async Task Bundle(ManifestBundle named, ObjectSeal seal, CancellationToken ct)
    {
        var head = new HeadStream(LongestHead);
        using var hashed = new HashingStream(head);
        if (!await bucket.CopyTo(named.Key, hashed, seal, ct))
            throw Broken(named.Key, "bundle-missing", "is missing");
        if (hashed.Count != named.Bytes || hashed.Sha256() != named.Sha256)
            throw Broken(named.Key, "bundle-damaged", "is not what its manifest says");

        try
        {
            head.Position = 0;
            var refs = Vexa.Workspaces.Bundle.ReadOurs(head).Refs;
            if (refs.Any(r => !named.Tips.Contains(r.Commit)))
                throw Broken(named.Key, "bundle-damaged", "brings other commits than its manifest says");
        }
        catch (InvalidDataException fault)
        {
            throw Broken(named.Key, "bundle-damaged", $"is no bundle: {fault.Message}");
        }
    }

    // What storage says is no finding: then nobody knows.
    private async Task Noting(string key, Func<Task> look)
    {
        try
        {
            await look();
        }
        catch (VexaException fault) when (fault.Status is 500 or 410)
        {
            _faults.Add(fault.Status == 410
                ? new BucketFault(key, "shred-unfinished", $"{fault.Message} Its manifest is still there.", "Finish it: vexa workspace shred ID")
                : new BucketFault(key, fault.Rule, fault.Message, fault.Hint));
        }
    }

    private static VexaException Broken(string key, string rule, string what) =>
        new(Stage.WorkspaceOpen, Party.Operator, rule, $"The bundle {key} {what}.", "Restore it from a backup; what was committed before it is not affected.") { Status = 500 };

    /// <summary>Keeps the beginning of what is written to it, and lets the rest go.</summary>
    private sealed class HeadStream(int most) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Write(ReadOnlySpan<byte> buffer) => base.Write(buffer[..(int)Math.Min(buffer.Length, Math.Max(0, most - Length))]);
    }
}

/// <summary>What was looked at, and what is wrong with it.</summary>
/// <param name="Records">All objects but manifests and bundles.</param>
/// <param name="Bytes">Of records and bundles, in clear.</param>
/// <param name="Unnamed">Objects of workspaces that no manifest names: of what is being written now, or left by a crash.</param>
public sealed record BucketCheckReport(long Records, int Workspaces, int Bundles, long Bytes, int Unnamed, IReadOnlyList<BucketFault> Faults);

/// <summary>One object that is not as it should be.</summary>
/// <param name="Key">Where it lies.</param>
/// <param name="Mend">What to do.</param>
public sealed record BucketFault(string Key, string Rule, string What, string Mend);
