using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>A bucket in a temporary folder, a store on it, and one workspace.</summary>
public abstract class WorkspaceFixture : IAsyncLifetime
{
    private protected static readonly WorkspaceId Notes = Id.Parse<WorkspaceId>("notes");
    private readonly ConcurrentBag<WorkspaceStore> _stores = [];
    private int _agents;

    private protected string Folder { get; } = Directory.CreateTempSubdirectory("vexa-test-").FullName;

    /// <summary>As it lies on the disk: sealed.</summary>
    private protected FolderBucket Bucket { get; private set; } = null!;

    /// <summary>The same, opened.</summary>
    private protected SealedBucket Sealed { get; private set; } = null!;

    private protected WorkspaceStore Store { get; private set; } = null!;

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        Bucket = new FolderBucket(Path.Combine(Folder, "bucket"));
        Sealed = await Seal(Bucket);
        Store = NewStore("git");
        await Store.Create(Notes, new Dictionary<string, string> { ["README.md"] = "# Notes\n", ["a/one.md"] = "one\ntwo\nthree\n" }, Agent.Subject, Stop);
    }

    public virtual async ValueTask DisposeAsync()
    {
        // What a store does after it has answered, it does in this folder.
        await Task.WhenAll(_stores.Select(store => store.Settled())).WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected string CacheFolder(string name = "git") => Path.Combine(Folder, name);

    private protected Task<SealedBucket> Seal(IBucket bucket) =>
        SealedBucket.Open(bucket, new SealingOptions { KeyFile = Path.Combine(Folder, "keys", "seal.keys") }, TimeProvider.System, Stop);

    /// <summary>Another control process, which sees the bucket in its own way.</summary>
    private protected async Task<WorkspaceStore> NewStoreOn(IBucket bucket, string cache, Func<WorkspaceOptions, WorkspaceOptions>? change = null) =>
        NewStore(cache, await Seal(bucket), change);

    /// <summary>Another control process on the same bucket.</summary>
    private protected WorkspaceStore NewStore(string cache, SealedBucket? bucket = null, Func<WorkspaceOptions, WorkspaceOptions>? change = null)
    {
        var options = new WorkspaceOptions { CacheFolder = CacheFolder(cache) };
        var store = new WorkspaceStore(bucket ?? Sealed, change?.Invoke(options) ?? options, TimeProvider.System, NullLogger<WorkspaceStore>.Instance);
        _stores.Add(store);
        return store;
    }

    private protected Task<Agent> NewAgent(string dispatch = "d1", WorkspaceStore? store = null) =>
        Agent.Clone(store ?? Store, Notes, Path.Combine(Folder, $"agent{Interlocked.Increment(ref _agents)}"), dispatch);

    private protected async Task<string> Read(string path, string? commit = null, WorkspaceStore? store = null) =>
        Encoding.UTF8.GetString((await (store ?? Store).File(Notes, path, commit, Stop)).Span);

    private protected async Task<Manifest> ReadManifest() =>
        (await new Records(Sealed).Read("workspaces/notes/manifest", VexaJson.Default.Manifest, Stop))!.Value;

    /// <summary>A bundle of the workspace in clear, as a file.</summary>
    private protected async Task<string> Open(ManifestBundle bundle)
    {
        using var keys = new WorkspaceKeys(Sealed.Keys);
        var path = Path.Combine(Folder, bundle.Sha256);
        await using var file = File.Create(path);
        Assert.True(await Sealed.CopyTo(bundle.Key, file, (await keys.Of(await ReadManifest(), Stop)).Seal, Stop));
        return path;
    }

    private protected static async Task<VexaException> Refused(string rule, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<VexaException>(call);
        Assert.Equal(rule, failure.Rule);
        Assert.NotEqual("", failure.Hint);
        return failure;
    }
}
