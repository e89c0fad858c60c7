using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>A snapshot as the bucket that it was made of, to be read. What is not what the index says is never taken for whole.</summary>
/// <param name="keys">What lies below <c>keys/</c>.</param>
internal sealed class SnapshotBucket(BackupTarget target, SnapshotIndex index, IBucket keys) : IBucket
{
    public async Task<BucketObject?> Get(string key, CancellationToken ct)
    {
        if (key.StartsWith(SealedBucket.KeysFolder, StringComparison.Ordinal))
            return await keys.Get(key, ct);

        using var content = new MemoryStream();
        return await CopyTo(key, content, ct) ? new BucketObject(content.ToArray(), index.Objects[key].Sha256) : null;
    }

    /// <summary>The objects of the index.</summary>
    /// <exception cref="VexaException"><c>backup-damaged</c>, after all that there is was passed on.</exception>
    public async Task<bool> CopyTo(string key, Stream destination, CancellationToken ct)
    {
        if (!index.Objects.TryGetValue(key, out var expected))
            return false;

        using var hashed = new HashingStream(destination);
        if (!await target.CopyObject(expected.Sha256, hashed, ct))
            throw BackupFailures.Damaged(key, "it is missing");
        if (hashed.Count != expected.Bytes || hashed.Sha256() != expected.Sha256)
            throw BackupFailures.Damaged(key, "its bytes are not those that were copied");

        return true;
    }

    public Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<string>>([.. index.Objects.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)]);

    public Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct) => throw new InvalidOperationException("A snapshot does not change.");

    public Task Delete(string key, CancellationToken ct) => throw new InvalidOperationException("A snapshot does not change.");
}
