using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.IntegrationTests.Drivers;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces.S3;

/// <summary>The life of a workspace in a bucket on a real S3 server, of either kind.</summary>
public sealed class StoreOnS3Tests : IDisposable
{
    private static readonly WorkspaceId Notes = Id.Parse<WorkspaceId>("notes");
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-test-").FullName;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_workspace_is_made_worked_in_undone_compacted_and_shredded(bool obeysConditions)
    {
        var server = obeysConditions ? await SharedCeph.WithConditions() : await SharedCeph.WithoutConditions();
        await using var opened = await OpenedBucket.Open(server.At(SharedCeph.Bucket, Guid.NewGuid().ToString("n")), null, new Opening(S3BucketTests.QuickTimes, TimeProvider.System, NullLogger.Instance), Stop);
        Assert.Equal(!obeysConditions, opened.IsLeased);
        using var bucket = await Seal(opened.Bucket);
        var store = NewStore("git", bucket);
        await store.Create(Notes, new Dictionary<string, string> { ["README.md"] = "# Notes\n" }, Agent.Subject, Stop);
        Assert.Equal(opened.Bucket.Fence, (await ReadManifest(bucket)).Fence);

        var agent = await Agent.Clone(store, Notes, Path.Combine(_folder, "agent"), "d1");
        var commits = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            agent.Write("count.md", $"{i}\n");
            agent.Write($"files/{i}.md", $"file {i}\n");
            commits.Add(await agent.Commit($"t{i}"));
            Assert.Null((await agent.Send(store, Notes, $"t{i}")).ProposalRef);
            await agent.Advance();
        }

        Assert.InRange((await ReadManifest(bucket)).Bundles.Count, 1, 5);
        await store.Undo(Notes, [commits[^1]], Agent.Subject, Stop);
        // Another process, which has nothing of it yet.
        using var again = await Seal(opened.Bucket);
        var other = NewStore("other", again);
        Assert.Equal("4\n", Encoding.UTF8.GetString((await other.File(Notes, "count.md", null, Stop)).Span));
        Assert.Equal("5\n", Encoding.UTF8.GetString((await other.File(Notes, "count.md", commits[^1], Stop)).Span));

        await store.Shred(Notes, Agent.Subject, Stop);
        Assert.Empty(await bucket.List("workspaces/", Stop));
        Assert.Equal("workspace-shredded", (await Assert.ThrowsAsync<VexaException>(() => other.Tip(Notes, Stop))).Rule);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private Task<SealedBucket> Seal(IBucket bucket) =>
        SealedBucket.Open(bucket, new SealingOptions { KeyFile = Path.Combine(_folder, "keys", "seal.keys") }, TimeProvider.System, Stop);

    private WorkspaceStore NewStore(string cache, SealedBucket bucket) =>
        new(bucket, new WorkspaceOptions { CacheFolder = Path.Combine(_folder, cache), MostBundles = 4 }, TimeProvider.System, NullLogger<WorkspaceStore>.Instance);

    private static async Task<Manifest> ReadManifest(SealedBucket bucket) => (await new Records(bucket).Read("workspaces/notes/manifest", VexaJson.Default.Manifest, Stop))!.Value;
}
