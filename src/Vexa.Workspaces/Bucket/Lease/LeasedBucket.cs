using System.Security.Cryptography;
using System.Text;

namespace Vexa.Workspaces;

/// <summary>
/// A bucket whose server ignores conditions, for the one process that has the writer lease: what a put asks for is looked up first, while no
/// other put of this key goes on.
/// </summary>
internal sealed class LeasedBucket(IBucket inner, WriterLease lease) : IBucket
{
    private const int Stripes = 64;

    private readonly SemaphoreSlim[] _stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    public long? Fence => lease.Fence;

    public Task<BucketObject?> Get(string key, CancellationToken ct) => inner.Get(key, ct);

    public Task<bool> CopyTo(string key, Stream destination, CancellationToken ct) => inner.CopyTo(key, destination, ct);

    /// <exception cref="Contracts.VexaException"><c>writer-lease-lost</c>, or what every bucket throws.</exception>
    public Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct) => Alone(key, async stop =>
        await Holds(key, condition, stop) ? await inner.Put(key, content, PutCondition.None, stop) : null, ct);

    public Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct) => inner.List(prefix, ct);

    /// <exception cref="Contracts.VexaException"><c>writer-lease-lost</c>, or what every bucket throws.</exception>
    public Task Delete(string key, CancellationToken ct) => Alone(key, async stop =>
    {
        await inner.Delete(key, stop);
        return true;
    }, ct);

    private async Task<T> Alone<T>(string key, Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        BucketKey.Check(key);
        var stripe = _stripes[SHA256.HashData(Encoding.ASCII.GetBytes(key))[0] % Stripes];
        await stripe.WaitAsync(ct);
        try
        {
            return await lease.Guard(key, work, ct);
        }
        finally
        {
            stripe.Release();
        }
    }

    // Only what is created may be large, and then its name is enough.
    private async Task<bool> Holds(string key, PutCondition condition, CancellationToken ct) => condition switch
    {
        { IsCreateOnly: true } => !(await inner.List(key, ct)).Contains(key, StringComparer.Ordinal),
        { ETag: { } expected } => (await inner.Get(key, ct))?.ETag == expected,
        _ => true,
    };
}
