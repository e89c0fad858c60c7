using System.Diagnostics;
using System.Security.Cryptography;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>A bucket, or a cache, on a real file system of one megabyte. Needs root, to mount it.</summary>
public sealed class FullDiskTests : WorkspaceFixture
{
    private string Small => Path.Combine(Folder, "small");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Directory.CreateDirectory(Small);
        await Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", Small);
    }

    public override async ValueTask DisposeAsync()
    {
        await Run("umount", Small);
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_full_bucket_says_so_keeps_what_it_has_and_goes_on_when_there_is_space()
    {
        var bucket = new FolderBucket(Small);
        await bucket.Put("workspaces/w/manifest", "old"u8.ToArray(), PutCondition.None, Stop);
        var large = RandomNumberGenerator.GetBytes(2_000_000);

        var failure = await Refused("bucket-full", () => bucket.Put("workspaces/w/manifest", large, PutCondition.None, Stop));
        Assert.Equal((507, Party.Operator, Stage.WorkspaceCommit), (failure.Status, failure.Party, failure.Stage));
        Assert.Equal(Stage.Record, (await Refused("bucket-full", () => bucket.Put("runs/live/r", large, PutCondition.None, Stop))).Stage);
        Assert.Equal("old"u8.ToArray(), (await bucket.Get("workspaces/w/manifest", Stop))!.Content.ToArray());
        Assert.Equal(["workspaces/w/manifest"], await bucket.List("", Stop));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Small, ".tmp")));
        Assert.NotNull(await bucket.Put("workspaces/w/manifest", "new"u8.ToArray(), PutCondition.None, Stop));
    }

    [Fact]
    public async Task A_commit_that_finds_the_bucket_full_can_be_sent_again()
    {
        var bucket = new FolderBucket(Small);
        var store = await NewStoreOn(bucket, "other");
        await store.Create(Notes, new Dictionary<string, string> { ["a.md"] = "a\n" }, Agent.Subject, Stop);
        var agent = await NewAgent(store: store);
        agent.Write("b.md", "b\n");
        var sha = await agent.Commit("t1");
        var ballast = Path.Combine(Small, "ballast");
        await FillUp(ballast);

        Assert.Equal(507, (await Refused("bucket-full", () => agent.Send(store, Notes, "t1"))).Status);
        Assert.Equal(agent.Base, await store.Tip(Notes, Stop));
        File.Delete(ballast);
        Assert.Equal(sha, (await agent.Send(store, Notes, "t1")).Sha);
    }

    [Fact]
    public async Task A_backup_whose_place_is_full_says_so_and_goes_on_when_there_is_space()
    {
        var backups = new Backups(new FolderBucket(Small), new SealingOptions { KeyFile = Path.Combine(Folder, "keys", "seal.keys") }, TimeProvider.System);
        var files = new Dictionary<string, ReadOnlyMemory<byte>>();
        var first = await backups.Make(Bucket, files, new Progress<WorkProgress>(), Stop);
        await Sealed.Put("transcripts/large", RandomNumberGenerator.GetBytes(700_000), PutCondition.None, Stop);
        await Sealed.Put("transcripts/larger", RandomNumberGenerator.GetBytes(1_400_000), PutCondition.None, Stop);

        Assert.Equal((507, Party.Operator), (await Refused("backup-full", () => backups.Make(Bucket, files, new Progress<WorkProgress>(), Stop)) is var full ? (full.Status, full.Party) : default));
        Assert.Equal([first.Snapshot], (await backups.List(Stop)).Select(s => s.Id));
        Assert.Empty((await backups.Check(null, new Progress<WorkProgress>(), Stop)).Report.Faults);
        await Run("mount", "-o", "remount,size=8m", Small);
        // What came through is not written again: the larger one, and what had none of the space.
        Assert.InRange((await backups.Make(Bucket, files, new Progress<WorkProgress>(), Stop)).NewObjects, 1, 2);
        Assert.Empty((await backups.Check(null, new Progress<WorkProgress>(), Stop)).Report.Faults);
    }

    [Fact]
    public async Task A_full_cache_is_the_operators_fault_and_not_the_agents()
    {
        await using var store = NewStore("small/git");
        await store.File(Notes, "README.md", null, Stop);
        var agent = await NewAgent();
        agent.Write("large.bin", Convert.ToBase64String(RandomNumberGenerator.GetBytes(600_000)));
        var sha = await agent.Commit("t1");

        var failure = await Refused("cache-full", () => agent.Send(store, Notes, "t1"));
        Assert.Equal((507, Party.Operator), (failure.Status, failure.Party));
        Assert.Equal(sha, (await agent.Send(Store, Notes, "t1")).Sha);
    }

    [Fact]
    public async Task A_full_cache_makes_room_by_what_nobody_has_used_for_longest()
    {
        var ids = Enumerable.Range(0, 6).Select(i => Id.Parse<WorkspaceId>($"w{i}")).ToList();
        foreach (var id in ids)
            await Store.Create(id, new Dictionary<string, string> { ["a.md"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(200_000)) }, Agent.Subject, Stop);

        await using (var store = NewStore("small/git"))
            foreach (var id in ids)
            {
                Assert.Equal(266_668, (await store.File(id, "a.md", null, Stop)).Length);
                // In use all the time: this one is never the one to go.
                await store.File(Notes, "README.md", null, Stop);
                Assert.True(Directory.Exists(Path.Combine(Small, "git", "notes")));
            }

        Assert.False(Directory.Exists(Path.Combine(Small, "git", "w0")));
        // What an earlier process has left is no one's.
        await using var after = NewStore("small/git");
        Assert.Equal(266_668, (await after.File(ids[0], "a.md", null, Stop)).Length);
    }

    private static async Task FillUp(string path)
    {
        await using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 });
        var page = new byte[4096];
        try
        {
            while (true)
                await file.WriteAsync(page, Stop);
        }
        catch (IOException)
        {
            // Full, as it should be.
        }
    }

    private static async Task Run(params string[] command)
    {
        using var process = Process.Start(command[0], command[1..]);
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.Equal(0, process.ExitCode);
    }
}
