namespace Vexa.Workspaces;

/// <summary>A part of a bucket, as if it were one of its own.</summary>
internal sealed class PrefixedBucket(IBucket bucket, string prefix) : IBucket
{
    public Task<BucketObject?> Get(string key, CancellationToken ct) => bucket.Get(prefix + key, ct);

    public Task<bool> CopyTo(string key, Stream destination, CancellationToken ct) => bucket.CopyTo(prefix + key, destination, ct);

    public Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct) => bucket.Put(prefix + key, content, condition, ct);

    public async Task<IReadOnlyList<string>> List(string within, CancellationToken ct) =>
        [.. (await bucket.List(prefix + within, ct)).Select(key => key[prefix.Length..])];

    public Task Delete(string key, CancellationToken ct) => bucket.Delete(prefix + key, ct);
}
