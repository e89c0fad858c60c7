using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>A bucket in a temporary folder, a store on it, and one workspace.</summary>
public abstract class WorkspaceFixture : IAsyncLifetime
{
    private protected static readonly WorkspaceId Notes = Id.Parse<WorkspaceId>("notes");
    private int _agents;

    private protected string Folder { get; } = Directory.CreateTempSubdirectory("vexa-test-").FullName;

    private protected FolderBucket Bucket { get; private set; } = null!;

    private protected WorkspaceStore Store { get; private set; } = null!;

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        Bucket = new FolderBucket(Path.Combine(Folder, "bucket"));
        Store = NewStore("git");
        await Store.Create(Notes, new Dictionary<string, string> { ["README.md"] = "# Notes\n", ["a/one.md"] = "one\ntwo\nthree\n" }, Agent.Subject, Stop);
    }

    public virtual ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private protected string CacheFolder(string name = "git") => Path.Combine(Folder, name);

    /// <summary>Another control process on the same bucket.</summary>
    private protected WorkspaceStore NewStore(string cache, IBucket? bucket = null, Func<WorkspaceOptions, WorkspaceOptions>? change = null)
    {
        var options = new WorkspaceOptions { CacheFolder = CacheFolder(cache) };
        return new WorkspaceStore(bucket ?? Bucket, change?.Invoke(options) ?? options, TimeProvider.System, NullLogger<WorkspaceStore>.Instance);
    }

    private protected Task<Agent> NewAgent(string dispatch = "d1", WorkspaceStore? store = null) =>
        Agent.Clone(store ?? Store, Notes, Path.Combine(Folder, $"agent{Interlocked.Increment(ref _agents)}"), dispatch);

    private protected async Task<string> Read(string path, string? commit = null, WorkspaceStore? store = null) =>
        Encoding.UTF8.GetString((await (store ?? Store).File(Notes, path, commit, Stop)).Span);

    private protected async Task<Manifest> ReadManifest() =>
        (await new Records(Bucket).Read("workspaces/notes/manifest", VexaJson.Default.Manifest, Stop))!.Value;

    private protected static async Task<VexaException> Refused(string rule, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<VexaException>(call);
        Assert.Equal(rule, failure.Rule);
        Assert.NotEqual("", failure.Hint);
        return failure;
    }
}
