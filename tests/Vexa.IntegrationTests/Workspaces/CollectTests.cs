using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>Tidying a workspace up: many bundles become one, and what nothing names goes once it is old.</summary>
public sealed class CollectTests : WorkspaceFixture
{
    [Fact]
    public async Task Many_bundles_become_one_and_everything_is_there()
    {
        var shas = new List<string>();
        for (var i = 0; i < 5; i++)
            shas.Add((await Commit(Store, $"{i}\n")).Sha);
        var done = await Store.Collect(Notes, Stop);

        Assert.Equal((6, 1, 0, 0), (done.BundlesBefore, done.BundlesAfter, done.Removed, done.Waiting));
        Assert.True(done.BytesBefore > done.BytesAfter);
        Assert.Equal(shas, (await NewStore("fresh").Log(Notes, 5, Stop)).Commits.Select(c => c.Sha).Reverse());
        Assert.Equal(2, (await Bucket.List("workspaces/notes/", Stop)).Count);
        Assert.Equal((1, 1), (await Store.Collect(Notes, Stop) is var again ? (again.BundlesBefore, again.BundlesAfter) : default));
        Assert.Null((await Commit(Store, "after\n")).ProposalRef);
    }

    [Fact]
    public async Task What_a_crash_left_goes_after_a_day_and_not_before()
    {
        var failing = new ScriptedBucket(Bucket) { Loses = key => key.EndsWith("/manifest", StringComparison.Ordinal) };
        await Refused("workspace-busy", async () => await Commit(await NewStoreOn(failing, "failing", o => o with { MostRaces = 1 }), "lost\n"));
        var named = (await ReadManifest()).Bundles.Select(b => b.Key).ToList();
        Assert.Equal(named.Count + 1, (await Bucket.List("workspaces/notes/bundles/", Stop)).Count);
        var time = new FakeTime();
        await using var store = new WorkspaceStore(Sealed, new WorkspaceOptions { CacheFolder = CacheFolder("tidy") }, time, NullLogger<WorkspaceStore>.Instance);

        Assert.Equal((0, 1), (await store.Collect(Notes, Stop) is var first ? (first.Removed, first.Waiting) : default));
        time.Advance(TimeSpan.FromHours(23));
        Assert.Equal((0, 1), (await store.Collect(Notes, Stop) is var second ? (second.Removed, second.Waiting) : default));
        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal((1, 0), (await store.Collect(Notes, Stop) is var third ? (third.Removed, third.Waiting) : default));
        Assert.Equal((await ReadManifest()).Bundles.Select(b => b.Key), await Bucket.List("workspaces/notes/bundles/", Stop));
        Assert.Empty(await Bucket.List("unnamed/", Stop));
    }

    [Fact]
    public async Task Of_a_workspace_that_is_shredded_nothing_stays_noted()
    {
        var failing = new ScriptedBucket(Bucket) { Loses = key => key.EndsWith("/manifest", StringComparison.Ordinal) };
        await Refused("workspace-busy", async () => await Commit(await NewStoreOn(failing, "failing", o => o with { MostRaces = 1 }), "lost\n"));
        Assert.Equal(1, (await Store.Collect(Notes, Stop)).Waiting);
        Assert.NotEmpty(await Bucket.List("unnamed/", Stop));

        await Store.Shred(Notes, Agent.Subject, Stop);
        Assert.DoesNotContain(await Bucket.List("", Stop), key => key.Contains("notes", StringComparison.Ordinal) && key != $"tombstones/{Notes}");
    }

    [Fact]
    public async Task What_was_named_after_all_stays()
    {
        // A commit whose first try was lost: its bundle is named by the second one, days later.
        var lose = true;
        var failing = await NewStoreOn(new ScriptedBucket(Bucket) { Loses = key => lose && key.EndsWith("/manifest", StringComparison.Ordinal) }, "failing", o => o with { MostRaces = 1 });
        var agent = await NewAgent(store: failing);
        agent.Write("a.md", "a\n");
        await agent.Commit("t1");
        await Refused("workspace-busy", () => agent.Send(failing, Notes, "t1"));
        var time = new FakeTime();
        await using var store = new WorkspaceStore(Sealed, new WorkspaceOptions { CacheFolder = CacheFolder("tidy") }, time, NullLogger<WorkspaceStore>.Instance);
        Assert.Equal(1, (await store.Collect(Notes, Stop)).Waiting);
        lose = false;
        await agent.Send(failing, Notes, "t1");

        time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(0, (await store.Collect(Notes, Stop)).Removed);
        Assert.Equal("a\n", await Read("a.md", store: NewStore("fresh")));
    }

    private async Task<CommitResult> Commit(WorkspaceStore store, string content)
    {
        var agent = await NewAgent($"d-{Guid.NewGuid():N}"[..20], store);
        agent.Write("count.md", content);
        await agent.Commit("t1");
        return await agent.Send(store, Notes, "t1");
    }
}
