using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>A real bucket on which something happens at the worst moment.</summary>
internal sealed class ScriptedBucket(IBucket inner) : IBucket
{
    public Func<string, Task> BeforeGet { get; init; } = _ => Task.CompletedTask;

    public Func<string, Task> BeforePut { get; init; } = _ => Task.CompletedTask;

    public Func<string, Task> BeforeCopy { get; init; } = _ => Task.CompletedTask;

    public Func<string, Task> BeforeList { get; init; } = _ => Task.CompletedTask;

    public Func<string, Task> BeforeDelete { get; init; } = _ => Task.CompletedTask;

    /// <summary>Puts whose condition never holds.</summary>
    public Func<string, bool> Loses { get; init; } = _ => false;

    public async Task<BucketObject?> Get(string key, CancellationToken ct)
    {
        await BeforeGet(key);
        return await inner.Get(key, ct);
    }

    public async Task<bool> CopyTo(string key, Stream destination, CancellationToken ct)
    {
        await BeforeCopy(key);
        return await inner.CopyTo(key, destination, ct);
    }

    public async Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct)
    {
        await BeforePut(key);
        return Loses(key) ? null : await inner.Put(key, content, condition, ct);
    }

    public async Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct)
    {
        await BeforeList(prefix);
        return await inner.List(prefix, ct);
    }

    public async Task Delete(string key, CancellationToken ct)
    {
        await BeforeDelete(key);
        await inner.Delete(key, ct);
    }
}
