namespace Vexa.Workspaces;

/// <summary>
/// A bucket on an S3 server, which any number of processes may use at once where the server obeys the conditions of a put; where it does not,
/// only through <see cref="LeasedBucket"/>. ETags are the server's.
/// </summary>
/// <remarks>
/// An object whose name is no key is not ours, and does not show. Beside what every bucket throws, a call throws <c>bucket-denied</c>,
/// <c>bucket-missing</c> or <c>bucket-region</c> (503).
/// </remarks>
internal sealed class S3Bucket(S3Objects objects) : IBucket
{
    public Task<BucketObject?> Get(string key, CancellationToken ct)
    {
        BucketKey.Check(key);
        return objects.Get(key, ct);
    }

    public async Task<bool> CopyTo(string key, Stream destination, CancellationToken ct)
    {
        BucketKey.Check(key);
        return await objects.CopyTo(key, destination, ct) is not null;
    }

    public Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct)
    {
        BucketKey.Check(key);
        return objects.Put(key, content, condition, ct);
    }

    public async Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct)
    {
        BucketKey.CheckPrefix(prefix);
        return [.. (await objects.List(prefix, ct)).Select(found => found.Key).Where(BucketKey.IsKey).Order(StringComparer.Ordinal)];
    }

    public Task Delete(string key, CancellationToken ct)
    {
        BucketKey.Check(key);
        return objects.Delete(key, ct);
    }
}
