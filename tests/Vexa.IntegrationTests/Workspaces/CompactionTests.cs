using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>Many bundles become one: nothing is lost whenever it breaks off, and whoever reads meanwhile reads on.</summary>
public sealed class CompactionTests : WorkspaceFixture
{
    private const int Most = 4;

    [Fact]
    public async Task Many_bundles_become_one_that_holds_all_history_and_all_proposals()
    {
        var store = Compacting("small");
        var proposed = await Conflict(store);
        var shas = await Commits(store, 10);

        Assert.InRange((await ReadManifest()).Bundles.Count, 1, Most + 1);
        Assert.Equal(await Named(), await Kept());
        var fresh = NewStore("fresh");
        Assert.Equal(shas[^1], await fresh.Tip(Notes, Stop));
        await HasAll(shas, fresh);
        Assert.Equal("ours\n", await Read("a/one.md", proposed.Sha, fresh));
        Assert.Equal(proposed.Sha, (await ReadManifest()).Refs[proposed.ProposalRef!]);

        // And the copy that lived through it.
        await HasAll(shas, store);
        Assert.Equal("ours\n", await Read("a/one.md", proposed.Sha, store));
    }

    [Fact]
    public async Task Who_has_committed_does_not_wait_until_they_are_one()
    {
        var (bundles, go) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var slow = new ScriptedBucket(Bucket)
        {
            BeforePut = async key =>
            {
                // The first of them after the limit is the commit's own; the second is the compaction's.
                if (key.Contains("/bundles/", StringComparison.Ordinal) && ++bundles == Most + 1)
                    await go.Task;
            },
        };
        var store = await CompactingOn(slow, "slow");
        var shas = await CommitsAlone(store, Most).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        Assert.Equal((shas[^1], Most + 1), (await Store.Tip(Notes, Stop), (await ReadManifest()).Bundles.Count));

        // The next one waits for it: both move the same manifest.
        var next = CommitsAlone(store, 1, from: Most);
        Assert.False(next.IsCompleted);
        go.SetResult();
        await next;
        await store.DisposeAsync();
        Assert.Equal(2, (await ReadManifest()).Bundles.Count);
        await HasAll([.. shas, .. await next], NewStore("fresh"));
    }

    [Fact]
    public async Task A_workspace_that_weighs_much_is_repacked_more_rarely()
    {
        var store = Compacting("small");
        var agent = await NewAgent(store: store);
        agent.Write("large.bin", Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(6 * 1024 * 1024)));
        await agent.Commit("t1");
        await agent.Send(store, Notes, "t1");
        await Commits(store, 6);

        Assert.Equal(8, (await ReadManifest()).Bundles.Count);
    }

    [Fact]
    public async Task One_bundle_is_not_larger_than_the_many_that_it_was()
    {
        var store = Compacting("small");
        var agent = await NewAgent(store: store);
        var lines = Enumerable.Range(0, 2000).Select(_ => Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(50))).ToArray();
        long before = 0;
        for (var turn = 0; turn < Most; turn++)
        {
            before = (await ReadManifest()).Bundles.Sum(bundle => bundle.Bytes);
            lines[turn * 100] = $"changed in turn {turn}";
            agent.Write("large.md", string.Join('\n', lines));
            await agent.Commit($"t{turn}");
            await agent.Send(store, Notes, $"t{turn}");
            await store.Settled();
            await agent.Advance();
        }

        var one = Assert.Single((await ReadManifest()).Bundles);
        Assert.InRange(one.Bytes, before * 9 / 10, before + 4096);
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("bundle")]
    [InlineData("delete")]
    public async Task Wherever_it_breaks_off_the_commit_is_there_and_so_is_everything_else(string where)
    {
        var (manifests, bundles, deletes) = (0, 0, 0);
        var failing = new ScriptedBucket(Bucket)
        {
            // The first of each after the limit is the commit's own; the second is the compaction's.
            BeforePut = key => Fail(key.EndsWith("/manifest", StringComparison.Ordinal)
                ? where == "manifest" && ++manifests == Most + 1
                : where == "bundle" && ++bundles == Most + 1),
            BeforeDelete = _ => Fail(where == "delete" && ++deletes == 2),
        };
        var shas = await Commits(await CompactingOn(failing, "failing"), Most);

        foreach (var store in (WorkspaceStore[])[NewStore("fresh"), Compacting("small")])
            await HasAll(shas, store);
        Assert.Equal(where == "delete" ? 1 : Most + 1, (await ReadManifest()).Bundles.Count);
        Assert.Subset((await Kept()).ToHashSet(), (await Named()).ToHashSet());

        // The next ones work.
        Assert.Equal($"{2 * Most - 1}\n", await Read("count.md", (await Commits(Compacting("small"), Most, from: Most))[^1], NewStore("next")));
    }

    [Fact]
    public async Task A_reader_with_the_old_manifest_reads_the_new_one()
    {
        await Commits(Store, Most - 1);
        var compacted = false;
        var slow = new ScriptedBucket(Bucket)
        {
            BeforeCopy = async _ =>
            {
                if (compacted)
                    return;

                compacted = true;
                await Commits(Compacting("small"), 1, from: Most - 1);
            },
        };

        Assert.Equal($"{Most - 1}\n", await Read("count.md", store: await NewStoreOn(slow, "slow")));
        Assert.Single((await ReadManifest()).Bundles);
    }

    [Fact]
    public async Task Who_was_overtaken_while_compacting_leaves_it()
    {
        var overtaken = false;
        var manifests = 0;
        var racing = new ScriptedBucket(Bucket)
        {
            BeforePut = async key =>
            {
                if (!key.EndsWith("/manifest", StringComparison.Ordinal) || ++manifests != Most + 1)
                    return;

                overtaken = true;
                await Commits(Store, 1, from: Most);
            },
        };
        await Commits(await CompactingOn(racing, "racing"), Most);

        Assert.True(overtaken);
        Assert.Equal(Most + 2, (await ReadManifest()).Bundles.Count);
        Assert.Equal($"{Most}\n", await Read("count.md", store: NewStore("fresh")));
    }

    [Fact]
    public async Task A_copy_of_another_process_follows_and_keeps_only_what_is_named()
    {
        var other = NewStore("other");
        await Commits(Store, Most - 1);
        await Read("count.md", store: other);
        Assert.Equal(Most, Packs("other"));

        await Commits(Compacting("small"), 1, from: Most - 1);
        Assert.Equal($"{Most - 1}\n", await Read("count.md", store: other));
        Assert.Equal(1, Packs("other"));
    }

    [Fact]
    public async Task Whoever_reads_all_the_time_never_fails()
    {
        var (store, other) = (Compacting("small"), NewStore("other"));
        using var done = new CancellationTokenSource();
        var reading = Task.WhenAll(((WorkspaceStore[])[store, store, other]).Select(async readers =>
        {
            var reads = 0;
            for (; !done.IsCancellationRequested; reads++)
            {
                using var bundle = new MemoryStream();
                await readers.OpenBundle(Notes, await readers.Tip(Notes, Stop), bundle, Stop);
                await Read("README.md", store: readers);
            }

            return reads;
        }));
        await Commits(store, 6 * Most);
        await done.CancelAsync();

        Assert.All(await reading, reads => Assert.True(reads > 0));
    }

    private WorkspaceStore Compacting(string cache) => NewStore(cache, change: o => o with { MostBundles = Most });

    private Task<WorkspaceStore> CompactingOn(IBucket bucket, string cache) => NewStoreOn(bucket, cache, o => o with { MostBundles = Most });

    private async Task<List<string>> Commits(WorkspaceStore store, int count, int from = 0)
    {
        var shas = await CommitsAlone(store, count, from);
        await store.Settled();
        return shas;
    }

    private async Task<List<string>> CommitsAlone(WorkspaceStore store, int count, int from = 0)
    {
        var shas = new List<string>();
        var agent = await NewAgent($"d{from}-{Guid.NewGuid():N}"[..12], store);
        for (var i = from; i < from + count; i++)
        {
            agent.Write("count.md", $"{i}\n");
            agent.Write($"files/{i}.md", string.Concat(Enumerable.Repeat($"file {i}\n", 100)));
            shas.Add(await agent.Commit($"t{i}"));
            await agent.Send(store, Notes, $"t{i}");
            await agent.Advance();
        }

        return shas;
    }

    private async Task<CommitResult> Conflict(WorkspaceStore store)
    {
        var (one, two) = (await NewAgent("one", store), await NewAgent("two", store));
        one.Write("a/one.md", "theirs\n");
        two.Write("a/one.md", "ours\n");
        await one.Commit("t1");
        await two.Commit("t1");
        await one.Send(store, Notes, "t1");
        return await two.Send(store, Notes, "t1");
    }

    private async Task HasAll(IReadOnlyList<string> shas, WorkspaceStore store)
    {
        for (var i = 0; i < shas.Count; i++)
            Assert.Equal($"{i}\n", await Read("count.md", shas[i], store));
    }

    private int Packs(string cache) => Directory.GetFiles(Path.Combine(CacheFolder(cache), "notes", "objects", "pack"), "*.pack").Length;

    private async Task<IEnumerable<string>> Named() => (await ReadManifest()).Bundles.Select(b => b.Key).Order(StringComparer.Ordinal);

    private async Task<IReadOnlyList<string>> Kept() => await Bucket.List("workspaces/notes/bundles/", Stop);

    private static Task Fail(bool now) => now ? throw new VexaException(Stage.WorkspaceCommit, Party.Operator, "bucket-unavailable", "Away.", "Wait.") : Task.CompletedTask;
}
