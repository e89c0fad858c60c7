using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Where backups lie: <c>vexa-backup</c> says that they do, and whose they are; <c>objects/</c> has the sealed objects by their hash, each once
/// however many snapshots name it; <c>snapshots/&lt;id&gt;/</c> has an index, sealed under the records key, and beside it that key as it was wrapped then.
/// </summary>
/// <remarks>The index is written last: where there is none, there is no snapshot. So whatever breaks off costs nothing but space.</remarks>
internal sealed class BackupTarget
{
    private const string Marker = "vexa-backup";
    private const string MarkerVersion = "vexa-backup 1 ";
    private const string Objects = "objects/";
    private const string Snapshots = "snapshots/";
    private const string Index = "index";

    private readonly IBucket _bucket;

    private BackupTarget(IBucket bucket) => _bucket = bucket;

    /// <summary>Opens what is there.</summary>
    /// <exception cref="VexaException"><c>backup-missing</c>, <c>backup-foreign</c>, <c>backup-version</c>.</exception>
    public static async Task<BackupTarget> Open(IBucket bucket, CancellationToken ct)
    {
        var target = new BackupTarget(new NamedFaults(bucket));
        _ = await target.ReadMarker(ct) ?? throw (await target._bucket.List("", ct) is [] ? BackupFailures.Missing() : BackupFailures.Foreign());
        return target;
    }

    /// <summary>The same for writing: an empty place becomes one for backups of this installation.</summary>
    /// <param name="of">Name of the bucket that is backed up.</param>
    /// <exception cref="VexaException">Also <c>backup-other</c>.</exception>
    public static async Task<BackupTarget> OpenOrCreate(IBucket bucket, string of, CancellationToken ct)
    {
        var target = new BackupTarget(new NamedFaults(bucket));
        if (await target.ReadMarker(ct) is null)
        {
            if (await target._bucket.List("", ct) is not [])
                throw BackupFailures.Foreign();

            await target._bucket.Put(Marker, Encoding.ASCII.GetBytes($"{MarkerVersion}{of}\n"), PutCondition.CreateOnly, ct);
        }

        return await target.ReadMarker(ct) == of ? target : throw BackupFailures.OtherInstallation();
    }

    /// <summary>The ids of the finished snapshots, oldest first.</summary>
    public async Task<IReadOnlyList<string>> List(CancellationToken ct) =>
        [.. (await _bucket.List(Snapshots, ct)).Select(key => key[Snapshots.Length..].Split('/')).Where(parts => parts is [var id, Index] && SnapshotIndex.TimeOf(id) is not null).Select(parts => parts[0])];

    /// <summary>Opens a snapshot's index.</summary>
    /// <exception cref="VexaException"><c>unknown-snapshot</c>, <c>backup-damaged</c>, and what <see cref="SealedBucket.Open(IBucket, IKeySource, CancellationToken)"/> throws.</exception>
    public async Task<Snapshot> Read(string id, Func<IBucket, Task<SealedBucket>> open, CancellationToken ct)
    {
        if (SnapshotIndex.TimeOf(id) is null || !(await List(ct)).Contains(id))
            throw BackupFailures.UnknownSnapshot(id);

        var folder = FolderOf(id);
        if (await folder.Get(SealedBucket.RecordsKeyObject, ct) is null)
            throw BackupFailures.IndexDamaged(id, "the wrapped key beside it is missing", null);

        var opened = await open(folder);
        try
        {
            using var content = new MemoryStream();
            await opened.CopyTo(Index, content, ct);
            content.Position = 0;
            // It says itself which one it is: nobody passes an older one off as this.
            return SnapshotIndex.Read(content) is var index && index.Id == id ? new Snapshot(index, opened, folder) : throw new InvalidDataException("it is another snapshot's");
        }
        catch (InvalidDataException fault)
        {
            opened.Dispose();
            throw BackupFailures.IndexDamaged(id, fault.Message, fault);
        }
        catch (VexaException fault) when (fault.Rule is "object-damaged" or "not-sealed")
        {
            opened.Dispose();
            throw BackupFailures.IndexDamaged(id, "its seal is broken", fault);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Finishes a snapshot: from here on it is there.</summary>
    /// <param name="wrapped">The objects that open it, as they lie in the bucket.</param>
    public async Task Put(SnapshotIndex index, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> wrapped, IKeySource keys, CancellationToken ct)
    {
        var folder = FolderOf(index.Id);
        foreach (var (key, content) in wrapped)
            await folder.Put(key, content, PutCondition.None, ct);

        using var sealedFolder = await SealedBucket.Open(folder, keys, ct);
        using var text = new MemoryStream();
        index.Write(text);
        text.Position = 0;
        if (await sealedFolder.Put(Index, text, PutCondition.CreateOnly, ct) is null)
            throw BackupFailures.Busy();
    }

    /// <summary>Removes a snapshot; its objects stay, others may name them.</summary>
    public async Task Remove(string id, CancellationToken ct)
    {
        var folder = FolderOf(id);
        await folder.Delete(Index, ct);
        foreach (var rest in await folder.List("", ct))
            await folder.Delete(rest, ct);
    }

    /// <summary>Removes what a backup that broke off has left of a snapshot. None may be being made.</summary>
    public async Task RemoveUnfinished(CancellationToken ct)
    {
        var finished = await List(ct);
        foreach (var key in await _bucket.List(Snapshots, ct))
            if (key[Snapshots.Length..].Split('/') is not [var id, ..] || !finished.Contains(id))
                await _bucket.Delete(key, ct);
    }

    /// <summary>The hashes of all objects that are there.</summary>
    public async Task<HashSet<string>> ListObjects(CancellationToken ct) =>
        (await _bucket.List(Objects, ct)).Select(key => key[(key.LastIndexOf('/') + 1)..]).ToHashSet(StringComparer.Ordinal);

    public Task PutObject(string sha256, Stream content, CancellationToken ct) => _bucket.Put(KeyOf(sha256), content, PutCondition.CreateOnly, ct);

    public Task<bool> CopyObject(string sha256, Stream destination, CancellationToken ct) => _bucket.CopyTo(KeyOf(sha256), destination, ct);

    public Task RemoveObject(string sha256, CancellationToken ct) => _bucket.Delete(KeyOf(sha256), ct);

    // Two digits divide them over folders, for those who look into one.
    private static string KeyOf(string sha256) => $"{Objects}{sha256[..2]}/{sha256}";

    private PrefixedBucket FolderOf(string id) => new(_bucket, $"{Snapshots}{id}/");

    private async Task<string?> ReadMarker(CancellationToken ct)
    {
        if (await _bucket.Get(Marker, ct) is not { } found)
            return null;

        var text = Encoding.ASCII.GetString(found.Content.Span).TrimEnd('\n');
        return text.StartsWith(MarkerVersion, StringComparison.Ordinal) ? text[MarkerVersion.Length..] : throw BackupFailures.Newer();
    }

    /// <param name="Bucket">That the index lies in: who has it has the keys.</param>
    /// <param name="Folder">The same as it lies there.</param>
    public sealed record Snapshot(SnapshotIndex Index, SealedBucket Bucket, IBucket Folder) : IDisposable
    {
        public void Dispose() => Bucket.Dispose();
    }

    /// <summary>Says of a fault that it is the backup's place that has it, and not what is stored.</summary>
    private sealed class NamedFaults(IBucket inner) : IBucket
    {
        public Task<BucketObject?> Get(string key, CancellationToken ct) => Named(() => inner.Get(key, ct));

        public Task<bool> CopyTo(string key, Stream destination, CancellationToken ct) => Named(() => inner.CopyTo(key, destination, ct));

        public Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct) => Named(() => inner.Put(key, content, condition, ct));

        public Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct) => Named(() => inner.List(prefix, ct));

        public Task Delete(string key, CancellationToken ct) => Named(async () =>
        {
            await inner.Delete(key, ct);
            return true;
        });

        private static async Task<T> Named<T>(Func<Task<T>> work)
        {
            try
            {
                return await work();
            }
            catch (VexaException fault) when (fault.Rule == "bucket-full")
            {
                throw BackupFailures.Full(fault);
            }
            catch (VexaException fault) when (fault.Rule == "bucket-unavailable")
            {
                throw BackupFailures.Unavailable(fault);
            }
        }
    }
}
