using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>Workspaces in a sealed bucket: what lies there, what is found out, how keys change, and how a workspace is destroyed.</summary>
public sealed class SealingTests : WorkspaceFixture
{
    [Fact]
    public async Task No_name_and_no_byte_in_the_bucket_shows_what_a_workspace_holds()
    {
        var canary = RandomNumberGenerator.GetHexString(40);
        await Commit("secret.md", $"{canary}\n");

        var files = Directory.GetFiles(Path.Combine(Folder, "bucket"), "*", SearchOption.AllDirectories);
        Assert.All(files.Where(file => !file.Contains("/.", StringComparison.Ordinal)), file =>
        {
            var content = File.ReadAllBytes(file);
            Assert.True(content.AsSpan().StartsWith("VEXASEAL"u8) || file.EndsWith("keys/records", StringComparison.Ordinal), file);
            Assert.Equal(-1, content.AsSpan().IndexOf(Encoding.ASCII.GetBytes(canary)));
        });
        foreach (var bundle in (await ReadManifest()).Bundles)
            Assert.DoesNotContain(bundle.Sha256, bundle.Key, StringComparison.Ordinal);

        Assert.Equal($"{canary}\n", await Read("secret.md"));
    }

    [Fact]
    public async Task The_same_content_in_two_workspaces_has_two_names()
    {
        var other = Id.Parse<WorkspaceId>("other");
        using (var one = new WorkspaceKeys(Sealed.Keys))
        {
            var (a, b) = ((await one.Create(Notes, Stop)).Key, (await one.Create(other, Stop)).Key);
            var sha256 = new string('a', 64);
            Assert.NotEqual(a.BundleKey(sha256)[^64..], b.BundleKey(sha256)[^64..]);
            Assert.Equal(a.BundleKey(sha256), a.BundleKey(sha256));
        }
    }

    [Fact]
    public async Task A_bundle_or_manifest_of_another_workspace_does_not_fit()
    {
        var other = Id.Parse<WorkspaceId>("other");
        await Store.Create(other, new Dictionary<string, string> { ["a.md"] = "a\n" }, Agent.Subject, Stop);
        var theirs = (await Bucket.List("workspaces/other/bundles/", Stop)).Single();
        var ours = (await ReadManifest()).Bundles[0].Key;
        await Copy(theirs, ours);
        Assert.Contains(ours, (await Refused("object-damaged", () => Read("README.md", store: NewStore("fresh")))).Message, StringComparison.Ordinal);

        await Copy("workspaces/other/manifest", "workspaces/notes/manifest");
        Assert.Contains("workspaces/notes/manifest", (await Refused("object-damaged", () => Read("README.md", store: NewStore("fresh2")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_manifest_that_is_put_back_is_noticed_by_whoever_knew_the_newer_one()
    {
        var old = await Bucket.Get("workspaces/notes/manifest", Stop);
        await Commit("new.md", "new\n");
        await Bucket.Put("workspaces/notes/manifest", old!.Content, PutCondition.None, Stop);

        var failure = await Refused("manifest-rolled-back", () => Read("README.md"));
        Assert.Equal((Party.Operator, 500), (failure.Party, failure.Status));
        await Refused("manifest-rolled-back", () => Store.Tip(Notes, Stop));
        await Refused("manifest-rolled-back", () => Commit("more.md", "more\n"));

        // A restore happens while nobody runs.
        Assert.Equal("# Notes\n", await Read("README.md", store: NewStore("after-restore")));
    }

    [Fact]
    public async Task A_manifest_that_is_taken_away_or_written_twice_at_one_generation_is_noticed()
    {
        var other = NewStore("other");
        await other.Tip(Notes, Stop);
        var first = (await Bucket.Get("workspaces/notes/manifest", Stop))!;
        await Commit("new.md", "new\n");
        var second = (await Bucket.Get("workspaces/notes/manifest", Stop))!;
        await Bucket.Put("workspaces/notes/manifest", first.Content, PutCondition.None, Stop);
        await Commit("forked.md", "forked\n", NewStore("forger"));

        // Generation 2, as it was, and yet another one.
        await Refused("manifest-rolled-back", () => Store.Tip(Notes, Stop));
        await Bucket.Put("workspaces/notes/manifest", second.Content, PutCondition.None, Stop);
        Assert.Equal("new\n", await Read("new.md"));
        await Bucket.Delete("workspaces/notes/manifest", Stop);
        await Refused("manifest-rolled-back", () => Store.Tip(Notes, Stop));
        await Refused("manifest-rolled-back", () => Store.Create(Notes, new Dictionary<string, string>(), Agent.Subject, Stop));
    }

    [Fact]
    public async Task Keys_are_rotated_while_commits_go_on_and_nothing_is_lost()
    {
        var before = KeyIds();
        var other = NewStore("other");
        var rotating = Task.CompletedTask;
        var rotations = 0;
        await Task.WhenAll(((WorkspaceStore[])[Store, other]).Select(async (store, s) =>
        {
            for (var i = 0; i < 8; i++)
            {
                if (s == 0 && i % 2 == 0 && rotating.IsCompleted)
                {
                    rotating = Rotate();
                    rotations++;
                }

                await Commit($"{s}/{i}.md", $"{i}\n", store, $"d{s}-{i}");
            }
        }));
        await rotating;

        Assert.Equal(before.Count + rotations, KeyIds().Count);
        var manifest = await ReadManifest();
        Assert.Equal(KeyIds()[^1], WorkspaceKeys.KeyId(manifest));
        Assert.Equal(KeyIds()[^1], await Sealed.RecordsKeyId(Stop));
        foreach (var store in (WorkspaceStore[])[Store, other, NewStore("fresh", await Seal(Bucket))])
            for (var i = 0; i < 8; i++)
            {
                Assert.Equal($"{i}\n", await Read($"0/{i}.md", store: store));
                Assert.Equal($"{i}\n", await Read($"1/{i}.md", store: store));
            }

        // Only the last key is needed.
        var path = Path.Combine(Folder, "keys", "seal.keys");
        var lines = await File.ReadAllLinesAsync(path, Stop);
        await File.WriteAllLinesAsync(path, lines[^1..], Stop);
        Assert.Equal("7\n", await Read("0/7.md", store: NewStore("last", await Seal(Bucket))));
    }

    [Fact]
    public async Task A_rotation_that_broke_off_is_finished_before_another_one_begins()
    {
        await Store.Create(Id.Parse<WorkspaceId>("other"), new Dictionary<string, string> { ["a.md"] = "a\n" }, Agent.Subject, Stop);
        var puts = 0;
        var breaking = new ScriptedBucket(Bucket) { BeforePut = key => key.EndsWith("/manifest", StringComparison.Ordinal) && ++puts == 2 ? throw new OperationCanceledException() : Task.CompletedTask };
        var store = await NewStoreOn(breaking, "breaking");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.RotateKeys(Stop));
        Assert.Equal(2, KeyIds().Count);

        await using var after = NewStore("after", await Seal(Bucket));
        var resumed = await after.RotateKeys(Stop);
        Assert.Equal((true, 1L, 0L, KeyIds()[1]), (resumed.Resumed, resumed.Rewrapped, resumed.Remaining, resumed.KeyId));
        Assert.Equal(2, KeyIds().Count);
        Assert.False((await after.RotateKeys(Stop)).Resumed);
        Assert.Equal(3, KeyIds().Count);
    }

    [Fact]
    public async Task A_damaged_workspace_is_told_and_keeps_no_other_from_its_new_key()
    {
        var broken = Id.Parse<WorkspaceId>("broken");
        await Store.Create(broken, new Dictionary<string, string> { ["a.md"] = "a\n" }, Agent.Subject, Stop);
        var content = (await Bucket.Get("workspaces/broken/manifest", Stop))!.Content.ToArray();
        content[^1] ^= 1;
        await Bucket.Put("workspaces/broken/manifest", content, PutCondition.None, Stop);

        var rotation = await Store.RotateKeys(Stop);
        Assert.Equal([broken], rotation.Unreadable);
        Assert.Equal(2, rotation.Rewrapped);
        Assert.Equal(rotation.KeyId, WorkspaceKeys.KeyId(await ReadManifest()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_workspace_that_is_made_while_keys_are_rotated_gets_the_new_key(bool isTheSameProcess)
    {
        var made = Id.Parse<WorkspaceId>("made");
        var (held, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var store = await NewStoreOn(new ScriptedBucket(Bucket)
        {
            BeforePut = async key =>
            {
                if (key.StartsWith("workspaces/made/bundles/", StringComparison.Ordinal))
                {
                    held.SetResult();
                    await goOn.Task;
                }
            },
        }, "making");
        var making = store.Create(made, new Dictionary<string, string> { ["a.md"] = "a\n" }, Agent.Subject, Stop);
        await held.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        await Rotate(isTheSameProcess ? store : Store);
        goOn.SetResult();
        await making;

        var manifest = (await new Records(Sealed).Read("workspaces/made/manifest", VexaJson.Default.Manifest, Stop))!.Value;
        Assert.Equal(KeyIds()[^1], WorkspaceKeys.KeyId(manifest));
        // Only the last key is needed.
        var path = Path.Combine(Folder, "keys", "seal.keys");
        await File.WriteAllLinesAsync(path, (await File.ReadAllLinesAsync(path, Stop))[^1..], Stop);
        Assert.Equal("a\n", Encoding.UTF8.GetString((await NewStore("last", await Seal(Bucket)).File(made, "a.md", null, Stop)).Span));
    }

    [Theory]
    [InlineData("k-20200101-00000000")]
    [InlineData(null)]
    public async Task A_workspace_whose_key_nobody_has_is_told_and_keeps_no_other_from_its_new_key(string? keyId)
    {
        var broken = Id.Parse<WorkspaceId>("a-broken");
        await Store.Create(broken, new Dictionary<string, string> { ["a.md"] = "a\n" }, Agent.Subject, Stop);
        var (manifest, etag) = (await new Records(Sealed).Read("workspaces/a-broken/manifest", VexaJson.Default.Manifest, Stop))!;
        var wrapped = new WrappedKey(keyId ?? KeyIds()[0], RandomNumberGenerator.GetBytes(60)).Text;
        await Sealed.Put("workspaces/a-broken/manifest", JsonSerializer.SerializeToUtf8Bytes(manifest with { Generation = 2, WrappedKey = wrapped }, VexaJson.Default.Manifest), PutCondition.IfMatch(etag), Stop);

        for (var rotation = 1; rotation <= 2; rotation++)
        {
            var step = await Store.RotateKeys(Stop);
            Assert.Equal((false, 0L), (step.Resumed, step.Remaining));
            Assert.Equal([broken], step.Unreadable);
            Assert.Equal(1 + rotation, KeyIds().Count);
            Assert.Equal(KeyIds()[^1], WorkspaceKeys.KeyId(await ReadManifest()));
        }
    }

    [Fact]
    public async Task A_workspace_that_is_shredded_is_gone_in_every_process_and_says_so()
    {
        var agent = await NewAgent();
        var other = NewStore("other");
        await Read("README.md", store: other);
        var old = await Bucket.Get("workspaces/notes/manifest", Stop);
        var bundles = (await ReadManifest()).Bundles;

        var tombstone = await Store.Shred(Notes, Agent.Subject, Stop);
        Assert.Equal((Notes, Agent.Subject, 1L, (long)bundles.Count, bundles.Sum(b => b.Bytes), KeyIds()[0]), (tombstone.Workspace, tombstone.By, tombstone.Generation, tombstone.Bundles, tombstone.Bytes, tombstone.KeyId));
        Assert.Empty(await Bucket.List("workspaces/notes/", Stop));
        agent.Write("late.md", "late\n");
        await agent.Commit("t1");
        foreach (var store in (WorkspaceStore[])[Store, other, NewStore("fresh")])
        {
            Assert.Equal(410, (await Refused("workspace-shredded", () => Read("README.md", store: store))).Status);
            await Refused("workspace-shredded", () => agent.Send(store, Notes, "t1"));
            await Refused("workspace-shredded", () => store.Create(Notes, new Dictionary<string, string>(), Agent.Subject, Stop));
            Assert.Empty(await store.List(Stop));
        }

        Assert.False(Directory.Exists(Path.Combine(CacheFolder(), "notes")));
        Assert.False(Directory.Exists(Path.Combine(CacheFolder("other"), "notes")));

        // Again, the same; and an old manifest that somebody kept brings nothing back.
        Assert.Equal(tombstone, await Store.Shred(Notes, Agent.Subject, Stop));
        await Bucket.Put("workspaces/notes/manifest", old!.Content, PutCondition.None, Stop);
        foreach (var store in (WorkspaceStore[])[Store, NewStore("later")])
            await Refused("workspace-shredded", () => Read("README.md", store: store));
        await Refused("unknown-workspace", () => Store.Shred(Id.Parse<WorkspaceId>("nothing"), Agent.Subject, Stop));
    }

    [Fact]
    public async Task A_shredding_that_broke_off_leaves_nothing_open_and_is_finished_by_the_same_call()
    {
        var breaking = new ScriptedBucket(Bucket) { BeforeDelete = key => key.Contains("/bundles/", StringComparison.Ordinal) ? throw new VexaException(Stage.WorkspaceCommit, Party.Operator, "bucket-unavailable", "Away.", "Wait.") : Task.CompletedTask };
        var store = await NewStoreOn(breaking, "breaking");
        await Refused("bucket-unavailable", () => store.Shred(Notes, Agent.Subject, Stop));

        await Refused("workspace-shredded", () => Read("README.md", store: NewStore("fresh")));
        Assert.NotEmpty(await Bucket.List("workspaces/notes/bundles/", Stop));
        await Store.Shred(Notes, Agent.Subject, Stop);
        Assert.Empty(await Bucket.List("workspaces/notes/", Stop));
    }

    private async Task Rotate(WorkspaceStore? store = null)
    {
        while ((await (store ?? Store).RotateKeys(Stop)).Remaining > 0)
        {
        }
    }

    private async Task Commit(string path, string content, WorkspaceStore? store = null, string dispatch = "d1")
    {
        var agent = await NewAgent(dispatch, store);
        agent.Write(path, content);
        await agent.Commit("t1");
        await agent.Send(store ?? Store, Notes, "t1");
    }

    private List<string> KeyIds() => [.. File.ReadAllLines(Path.Combine(Folder, "keys", "seal.keys")).Where(line => line[0] != '#').Select(line => line.Split(' ')[0])];

    private async Task Copy(string from, string to) => await Bucket.Put(to, (await Bucket.Get(from, Stop))!.Content, PutCondition.None, Stop);
}
