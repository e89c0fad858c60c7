using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Control.Leases;
using Vexa.IntegrationTests.Drivers;
using Vexa.Redis;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces.S3;

/// <summary>One writer at a time, on a real server that would take everybody's puts.</summary>
public sealed class WriterLeaseTests : IAsyncLifetime
{
    private readonly Dictionary<string, Nodes> _domains = [];
    private BucketSettings _settings = null!;

    public async ValueTask InitializeAsync()
    {
        _settings = (await SharedCeph.WithoutConditions()).At(SharedCeph.Bucket, Guid.NewGuid().ToString("n"));
        foreach (var name in (string[])["one", "two"])
        {
            var redis = await PrivateRedis.Start();
            _domains[name] = new Nodes(redis, redis.Connect());
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var nodes in _domains.Values)
        {
            await nodes.Client.DisposeAsync();
            await nodes.Redis.DisposeAsync();
        }
    }

    [Fact]
    public async Task Who_shares_a_redis_waits_its_turn_and_gets_a_higher_number()
    {
        var first = await Open("one");
        await Refused("bucket-in-use", () => Open("one", Times with { Lasts = TimeSpan.FromSeconds(2), Settle = TimeSpan.FromMilliseconds(400) }));
        var fence = first.Bucket.Fence!.Value;
        await first.DisposeAsync();

        await using var second = await Open("one");
        Assert.True(second.Bucket.Fence > fence);
        await Put(second.Bucket, "written");
    }

    [Fact]
    public async Task Two_installations_that_share_nothing_but_the_bucket_are_told_apart()
    {
        await using var first = await Open("one");
        var failure = await Refused("bucket-in-use", () => Open("two"));

        Assert.Contains(Environment.MachineName, failure.Message, StringComparison.Ordinal);
        Assert.Contains("VEXA_REDIS", failure.Hint, StringComparison.Ordinal);
        await Put(first.Bucket, "still there");
    }

    [Fact]
    public async Task What_another_installation_gave_up_is_free_at_once_and_its_number_is_passed()
    {
        var first = await Open("one");
        var fence = first.Bucket.Fence!.Value;
        await first.DisposeAsync();

        await using var second = await Open("two");
        Assert.True(second.Bucket.Fence > fence);
    }

    [Fact]
    public async Task The_claim_of_an_installation_that_died_ends_by_itself()
    {
        await Claim(holder: Guid.NewGuid().ToString("N"), fence: long.MaxValue / 2048);

        await using var opened = await Open("one", Brief);
        Assert.True(opened.Bucket.Fence > long.MaxValue / 2048);
    }

    [Fact]
    public async Task Without_renewal_nothing_is_written_and_with_it_again()
    {
        await using var opened = await Open("one", Brief);
        await Puts(opened.Bucket, "before");
        _domains["one"].Redis.Freeze();
        await Until.IsTrue(async () => await Fails(() => Put(opened.Bucket, "while it lasts")));
        await Refused("writer-lease-lost", () => Put(opened.Bucket, "too late"));
        await Refused("writer-lease-lost", () => opened.Bucket.Delete("k", Stop));
        Assert.NotEqual("too late", await Read(opened.Bucket));

        _domains["one"].Redis.Thaw();
        await Puts(opened.Bucket, "after");
        Assert.Equal("after", await Read(opened.Bucket));
    }

    [Fact]
    public async Task Who_finds_somebody_elses_claim_in_the_place_of_its_own_writes_no_more()
    {
        await using var opened = await Open("one");
        await Claim(holder: Guid.NewGuid().ToString("N"), fence: opened.Bucket.Fence!.Value + 1);

        await Until.IsTrue(async () => await Fails(() => Put(opened.Bucket, "x")));
    }

    [Fact]
    public async Task A_put_that_does_not_end_before_the_lease_is_broken_off()
    {
        var way = new Mischief();
        await using var opened = await Open("one", Brief with { Lasts = TimeSpan.FromSeconds(9) }, way);
        await Puts(opened.Bucket, "fast");
        // From here on nothing is answered, neither a renewal nor the put.
        way.Decide = (_, _) => Fate.Hang;
        way.Asked.Clear();

        await Refused("writer-lease-lost", () => Put(opened.Bucket, "slow"));
        Assert.Contains(way.Asked, asked => asked.StartsWith("PUT ", StringComparison.Ordinal) && asked.EndsWith("/k", StringComparison.Ordinal));
        way.Decide = (_, _) => null;
    }

    [Fact]
    public async Task A_manifest_of_a_later_holder_is_not_overwritten()
    {
        await using var opened = await Open("one");
        var manifests = new Manifests(opened.Bucket, new Tombstones(opened.Bucket));
        var manifest = new Manifest
        {
            Workspace = Id.Parse<WorkspaceId>("w"),
            Generation = 1,
            WrappedKey = "AA==",
            Refs = new Dictionary<string, string> { ["refs/heads/main"] = new('0', 40) },
            Bundles = [new ManifestBundle { Key = $"workspaces/w/bundles/{new string('0', 64)}", Sha256 = new('0', 64), Bytes = 1, Tips = [new('0', 40)], Prerequisites = [] }],
        };
        Assert.NotNull(await manifests.Put(manifest, PutCondition.CreateOnly, Stop));
        var (mine, etag) = await manifests.Read(manifest.Workspace, Stop);
        Assert.Equal(opened.Bucket.Fence, mine.Fence);

        await Refused("writer-lease-lost", () => manifests.Put(mine with { Generation = 2, Fence = mine.Fence + 1 }, PutCondition.IfMatch(etag), Stop));
        Assert.Equal(etag, (await manifests.Read(manifest.Workspace, Stop)).ETag);
    }

    [Fact]
    public async Task In_redis_a_lease_has_one_holder_and_its_numbers_only_rise()
    {
        var leases = new RedisLeases(_domains["one"].Client);
        Assert.Equal(await leases.Domain(Stop), await new RedisLeases(_domains["one"].Client).Domain(Stop));
        Assert.NotEqual(await leases.Domain(Stop), await new RedisLeases(_domains["two"].Client).Domain(Stop));

        Assert.Equal(8, await leases.TryTake("b", "h1", above: 7, Long, Stop));
        Assert.Null(await leases.TryTake("b", "h2", above: 7, Long, Stop));
        Assert.Equal(1, await leases.TryTake("other", "h2", above: 0, Long, Stop));
        Assert.False(await leases.Extend("b", "h2", Long, Stop));
        Assert.True(await leases.Extend("b", "h1", Long, Stop));
        await leases.GiveUp("b", "h2", Stop);
        Assert.Null(await leases.TryTake("b", "h2", above: 0, Long, Stop));
        await leases.GiveUp("b", "h1", Stop);
        Assert.Equal(9, await leases.TryTake("b", "h2", above: 0, TimeSpan.FromMilliseconds(50), Stop));
        await Until.IsTrue(async () => await leases.Extend("b", "h1", Long, Stop) ? null : await leases.TryTake("b", "h3", above: 1_795_293_600_007, Long, Stop) is 1_795_293_600_008 ? "" : null);
        Assert.False(await leases.Extend("b", "h2", Long, Stop));
    }

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    // For those that wait for its end.
    private static LeaseTimes Brief => Times with { Lasts = TimeSpan.FromSeconds(5) };

    private static LeaseTimes Times => S3BucketTests.QuickTimes;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private Task<OpenedBucket> Open(string domain, LeaseTimes? times = null, HttpMessageHandler? handler = null) =>
        OpenedBucket.Open(_settings, new RedisLeases(_domains[domain].Client), new Opening(times ?? Times, TimeProvider.System, NullLogger.Instance, handler), Stop);

    private async Task Claim(string holder, long fence)
    {
        using var objects = new S3Objects(_settings.Address, _settings.S3, TimeProvider.System, NullLogger.Instance);
        await new Claim(objects).Write(new BucketClaim { Holder = holder, Domain = holder, Host = "elsewhere", Fence = fence, Beat = 1 }, Stop);
    }

    private static Task Put(IBucket bucket, string text) => bucket.Put("k", Encoding.ASCII.GetBytes(text), PutCondition.None, Stop);

    /// <summary>Puts as soon as the lease allows it: on a busy machine a renewal may be late.</summary>
    private static Task Puts(IBucket bucket, string text) => Until.IsTrue(async () => await Fails(() => Put(bucket, text)) is null ? "" : null);

    private static async Task<string> Read(IBucket bucket) => Encoding.ASCII.GetString((await bucket.Get("k", Stop))!.Content.Span);

    /// <summary>The failure where the lease is lost; null where the call succeeds.</summary>
    private static async Task<VexaException?> Fails(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (VexaException lost) when (lost.Rule == "writer-lease-lost")
        {
            return lost;
        }
    }

    private static async Task<VexaException> Refused(string rule, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<VexaException>(call);
        Assert.Equal(rule, failure.Rule);
        return failure;
    }

    private sealed record Nodes(PrivateRedis Redis, RedisClient Client);
}
