namespace Vexa.Workspaces;

/// <summary>A bucket that is only read. Creating what is there does nothing, as everywhere: that much a source of keys does when it opens a bucket.</summary>
internal sealed class ReadOnlyBucket(IBucket bucket) : IBucket
{
    public Task<BucketObject?> Get(string key, CancellationToken ct) => bucket.Get(key, ct);

    public Task<bool> CopyTo(string key, Stream destination, CancellationToken ct) => bucket.CopyTo(key, destination, ct);

    public async Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct) =>
        condition.IsCreateOnly && await bucket.Get(key, ct) is not null ? null : throw new InvalidOperationException("This bucket is only read.");

    public Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct) => bucket.List(prefix, ct);

    public Task Delete(string key, CancellationToken ct) => throw new InvalidOperationException("This bucket is only read.");
}
