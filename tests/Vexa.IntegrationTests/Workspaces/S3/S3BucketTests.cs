using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.IntegrationTests.Drivers;
using Vexa.Tests.Workspaces;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces.S3;

/// <summary>What is said of every bucket, of one on a real S3 server.</summary>
public abstract class S3BucketTests : BucketContract, IAsyncLifetime
{
    private readonly List<OpenedBucket> _opened = [];
    private protected string Prefix { get; } = Guid.NewGuid().ToString("n");

    private protected BucketSettings Settings { get; private set; } = null!;

    private protected abstract Task<CephServer> Server();

    public virtual async ValueTask InitializeAsync()
    {
        // Small parts, so that a test need not move much to have many.
        var settings = (await Server()).At(SharedCeph.Bucket, Prefix);
        Settings = settings with { S3 = settings.S3 with { PartSize = 5 * 1024 * 1024 } };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var opened in _opened)
            await opened.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5 * 1024 * 1024 - 1)]
    [InlineData(5 * 1024 * 1024)]
    [InlineData(12 * 1024 * 1024 + 1)]
    public async Task An_object_of_any_size_comes_back_whole(int size)
    {
        var content = RandomNumberGenerator.GetBytes(size);
        var etag = await Open().Put("large/object", new Dripping(content), PutCondition.CreateOnly, Stop);
        Assert.NotNull(etag);
        Assert.Null(await Open().Put("large/object", new Dripping(content), PutCondition.CreateOnly, Stop));

        using var copy = new MemoryStream();
        Assert.True(await Open().CopyTo("large/object", copy, Stop));
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(copy.ToArray()));
        Assert.Equal(etag, (await Open().Get("large/object", Stop))!.ETag);
        Assert.Empty(await Uploads());
    }

    [Fact]
    public async Task A_thousand_and_one_keys_are_listed()
    {
        await Parallel.ForAsync(0, 1001, Stop, async (i, ct) => await Open().Put($"many/{i:0000}", Bytes("x"), PutCondition.None, ct));

        Assert.Equal(Enumerable.Range(0, 1001).Select(i => $"many/{i:0000}"), await Open().List("many/", Stop));
    }

    [Fact]
    public async Task What_breaks_off_while_it_is_put_leaves_nothing()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => Open().Put("broken", new Dripping(new byte[11 * 1024 * 1024], breaksAt: 10 * 1024 * 1024), PutCondition.None, Stop));

        Assert.Null(await Open().Get("broken", Stop));
        Assert.Empty(await Uploads());
    }

    [Fact]
    public async Task A_put_that_nobody_waits_for_any_more_leaves_nothing()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Open().Put("cancelled", new Dripping(new byte[11 * 1024 * 1024]) { At = at => { if (at > 8 * 1024 * 1024) stop.Cancel(); } }, PutCondition.None, stop.Token));

        Assert.Null(await Open().Get("cancelled", Stop));
        Assert.Empty(await Uploads());
    }

    [Fact]
    public async Task What_others_put_beside_it_does_not_show()
    {
        using var objects = Objects();
        foreach (var key in (string[])["folder/", ".hidden", "with space"])
            await objects.Put(key, new MemoryStream([1]), PutCondition.None, Stop);
        await Open().Put("ours", Bytes("x"), PutCondition.None, Stop);

        Assert.Equal(["ours"], await Open().List("", Stop));
    }

    private protected async Task<OpenedBucket> OpenSettings(BucketSettings? settings = null, ILeaseStore? leases = null)
    {
        var opened = await OpenedBucket.Open(settings ?? Settings, leases, new Opening(QuickTimes, TimeProvider.System, NullLogger.Instance), Stop);
        _opened.Add(opened);
        return opened;
    }

    private protected S3Objects Objects(HttpMessageHandler? handler = null, Func<S3Options, S3Options>? change = null) =>
        new(Settings.Address, change?.Invoke(Settings.S3) ?? Settings.S3, TimeProvider.System, NullLogger.Instance, handler);

    /// <summary>Uploads that were begun here and neither ended nor undone.</summary>
    private protected async Task<IEnumerable<string>> Uploads()
    {
        using var connection = new S3Connection(Settings.S3, null);
        var all = await connection.Client.ListMultipartUploadsAsync(new Amazon.S3.Model.ListMultipartUploadsRequest { BucketName = SharedCeph.Bucket }, Stop);
        return (all.MultipartUploads ?? []).Select(upload => upload.Key).Where(key => key.StartsWith(Prefix, StringComparison.Ordinal));
    }

    /// <summary>Taken and renewed faster than in an installation; long enough for a busy machine where no test waits for its end.</summary>
    internal static LeaseTimes QuickTimes { get; } = new()
    {
        Lasts = TimeSpan.FromSeconds(30),
        RenewEvery = TimeSpan.FromMilliseconds(300),
        Margin = TimeSpan.FromMilliseconds(500),
        LeastLeft = TimeSpan.FromMilliseconds(500),
        Settle = TimeSpan.FromSeconds(1),
    };
}
