using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
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
    [InlineData(true, "127.0.0.1")]
    [InlineData(true, SharedCeph.Bucket + ".localhost")]
    [InlineData(false, "127.0.0.1")]
    public async Task A_workspace_is_made_worked_in_undone_compacted_and_shredded(bool obeysConditions, string host)
    {
        var server = obeysConditions ? await SharedCeph.WithConditions() : await SharedCeph.WithoutConditions();
        var settings = server.At(SharedCeph.Bucket, Guid.NewGuid().ToString("n"));
        if (host != server.Address.Host)
            settings = settings with { S3 = settings.S3 with { Endpoint = new Uri($"http://localhost:{server.Address.Port}"), PathStyle = false } };
        using var way = new Way();
        await using var opened = await OpenedBucket.Open(settings, null, new Opening(S3BucketTests.QuickTimes, TimeProvider.System, NullLogger.Instance, way), Stop);
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

        await store.Settled();
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
        Assert.Equal([host], way.Hosts.Keys);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private Task<SealedBucket> Seal(IBucket bucket) =>
        SealedBucket.Open(bucket, new SealingOptions { KeyFile = Path.Combine(_folder, "keys", "seal.keys") }, TimeProvider.System, Stop);

    private WorkspaceStore NewStore(string cache, SealedBucket bucket) =>
        new(bucket, new WorkspaceOptions { CacheFolder = Path.Combine(_folder, cache), MostBundles = 4 }, TimeProvider.System, NullLogger<WorkspaceStore>.Instance);

    private static async Task<Manifest> ReadManifest(SealedBucket bucket) => (await new Records(bucket).Read("workspaces/notes/manifest", VexaJson.Default.Manifest, Stop))!.Value;

    /// <summary>Leads to this machine under whatever name: not every resolver knows the names below localhost (RFC 6761).</summary>
    private sealed class Way() : DelegatingHandler(new SocketsHttpHandler { ConnectCallback = Connect })
    {
        /// <summary>That were asked for something.</summary>
        public ConcurrentDictionary<string, bool> Hosts { get; } = new();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Hosts.TryAdd(request.RequestUri!.Host, true);
            return base.SendAsync(request, cancellationToken);
        }

        private static async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
