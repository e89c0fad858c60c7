using Microsoft.Extensions.Logging.Abstractions;
using Vexa.IntegrationTests.Drivers;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces.S3;

/// <summary>Backups to an S3 server, and of a bucket that lies on one.</summary>
public sealed class S3BackupTests : WorkspaceFixture
{
    private static readonly IProgress<WorkProgress> Silent = new Progress<WorkProgress>();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backup_goes_to_an_S3_server_and_comes_back(bool conditions)
    {
        await Sealed.Put("transcripts/large", System.Security.Cryptography.RandomNumberGenerator.GetBytes(12_000_000), PutCondition.None, Stop);
        var settings = await Settings(conditions);
        await using (var place = await Open(settings))
        {
            Assert.True((await On(place).Make(Bucket, Nothing, Silent, Stop)).NewObjects > 2);
            Assert.Equal(0, (await On(place).Make(Bucket, Nothing, Silent, Stop)).NewObjects);
            Assert.Single((await On(place).Prune(1, [], Stop)).Removed);
        }

        await using var reading = OpenedBucket.OpenForReading(settings, TimeProvider.System, NullLogger.Instance);
        Assert.Empty((await On(reading).Check(null, Silent, Stop)).Report.Faults);
        var restored = new FolderBucket(Path.Combine(Folder, "restored"));
        await On(reading).Restore(null, restored, DamagePolicy.Refuse, static _ => { }, Silent, Stop);
        Assert.Equal(await Contents(Bucket), await Contents(restored));
    }

    [Fact]
    public async Task A_bucket_that_another_process_holds_under_a_lease_is_backed_up_beside_it_and_restored_to()
    {
        var settings = await Settings(conditions: false);
        var place = new FolderBucket(Path.Combine(Folder, "backups"));
        await using (var held = await Open(settings))
        {
            Assert.True(held.IsLeased);
            await using var store = await NewStoreOn(held.Bucket, "leased");
            await store.Create(Notes, new Dictionary<string, string> { ["a.md"] = "on S3\n" }, Agent.Subject, Stop);
            await using var reading = OpenedBucket.OpenForReading(settings, TimeProvider.System, NullLogger.Instance);
            await new Backups(place, Sealing, TimeProvider.System).Make(reading.Bucket, Nothing, Silent, Stop);
        }

        await using var empty = await Open(await Settings(conditions: false));
        await new Backups(place, Sealing, TimeProvider.System).Restore(null, empty.Bucket, DamagePolicy.Refuse, static _ => { }, Silent, Stop);
        Assert.Equal("on S3\n", await Read("a.md", store: await NewStoreOn(empty.Bucket, "restored")));
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> Nothing => [];

    private SealingOptions Sealing => new() { KeyFile = Path.Combine(Folder, "keys", "seal.keys") };

    private Backups On(OpenedBucket place) => new(place.Bucket, Sealing, TimeProvider.System);

    private static async Task<BucketSettings> Settings(bool conditions) =>
        (conditions ? await SharedCeph.WithConditions() : await SharedCeph.WithoutConditions()).At(SharedCeph.Bucket, $"backup-{Guid.NewGuid():N}");

    private static Task<OpenedBucket> Open(BucketSettings settings) => OpenedBucket.Open(settings, leases: null, TimeProvider.System, NullLogger.Instance, Stop);

    private static async Task<List<(string Key, string Sha256)>> Contents(FolderBucket bucket)
    {
        var contents = new List<(string, string)>();
        foreach (var key in await bucket.List("", Stop))
            contents.Add((key, (await bucket.Get(key, Stop))!.ETag));
        return contents;
    }
}
