using System.Text;
using System.Text.Json;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>Storage that fails now and then, manifests that somebody tampered with, and workspaces of unusual size and shape.</summary>
public sealed class BadInputTests : WorkspaceFixture
{
    [Fact]
    public async Task A_bucket_that_fails_every_third_time_delays_and_loses_nothing()
    {
        var random = new Random(5);
        var begun = false;
        // One call of three; exactly each third one would be the same step of every attempt.
        Task Sometimes(string key) => begun && Fails()
            ? throw new VexaException(Stage.WorkspaceCommit, Party.Operator, "bucket-unavailable", "Away.", "Wait.")
            : Task.CompletedTask;
        // Few calls list.
        var lists = 0;
        Task AtFirstAndSometimes(string prefix) => begun && Interlocked.Increment(ref lists) == 1
            ? throw new VexaException(Stage.WorkspaceCommit, Party.Operator, "bucket-unavailable", "Away.", "Wait.")
            : Sometimes(prefix);
        var store = await NewStoreOn(new ScriptedBucket(Bucket) { BeforePut = Sometimes, BeforeCopy = Sometimes, BeforeDelete = Sometimes, BeforeGet = Sometimes, BeforeList = AtFirstAndSometimes }, "flaky", o => o with { MostBundles = 4 });
        begun = true;
        var failures = 0;
        var agents = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => NewAgent($"d{i}")));
        await Task.WhenAll(agents.Select(async (agent, a) =>
        {
            for (var turn = 0; turn < 4; turn++)
            {
                agent.Write($"{a}/{turn}.md", $"{turn}\n");
                await agent.Commit($"t{turn}");
                await Insist(() => agent.Send(store, Notes, $"t{turn}"));
                await agent.Advance();
            }
        }));
        await Insist(() => store.AddNote(Notes, agents[0].Base, _ => "receipt", Stop));
        await Insist(() => store.Collect(Notes, Stop));

        Assert.True(failures > 5 && lists > 1, $"{failures} failures, {lists} listings");
        Assert.Single((await ReadManifest()).Bundles);
        var fresh = NewStore("fresh");
        for (var a = 0; a < 3; a++)
            for (var turn = 0; turn < 4; turn++)
                Assert.Equal($"{turn}\n", await Read($"{a}/{turn}.md", store: fresh));
        // Each once: what was sent again was known again.
        Assert.Equal(12, (await fresh.Log(Notes, 100, Stop)).Commits.Count(c => c.Dispatch is not null && !c.Subject.StartsWith("Merge", StringComparison.Ordinal)));

        bool Fails()
        {
            lock (random)
                return random.Next(3) == 0;
        }

        async Task Insist(Func<Task> call)
        {
            for (var left = 100; ; left--)
                try
                {
                    await call();
                    return;
                }
                catch (VexaException away) when (away.Rule == "bucket-unavailable" && left > 0)
                {
                    Interlocked.Increment(ref failures);
                }
        }
    }

    [Fact]
    public async Task A_manifest_that_names_a_commit_which_is_nowhere_is_told()
    {
        var manifest = await ReadManifest();
        var nowhere = new string('a', 40);
        await Sealed.Put("workspaces/notes/manifest", JsonSerializer.SerializeToUtf8Bytes(manifest with
        {
            Generation = manifest.Generation + 1,
            Refs = new Dictionary<string, string>(manifest.Refs) { ["refs/heads/main"] = nowhere },
        }, VexaJson.Default.Manifest), PutCondition.None, Stop);

        foreach (var store in (WorkspaceStore[])[Store, NewStore("fresh")])
        {
            var failure = await Refused("commit-missing", () => Read("README.md", store: store));
            Assert.Equal((500, Party.Operator), (failure.Status, failure.Party));
            Assert.Contains(nowhere, failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_name_that_is_not_text_is_refused_and_told_without_it()
    {
        var agent = await NewAgent();
        await agent.CommitFiles("t1", [([.. "caf"u8, 0xe9, .. ".md"u8], "x\n")]);

        var failure = await Refused("bad-path", () => agent.Send(Store, Notes, "t1"));
        Assert.Equal(Party.Agent, failure.Party);
        Assert.Contains("not text", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hundred_thousand_files_are_a_workspace_like_any_other()
    {
        const int PerTurn = 25_000;
        var agent = await NewAgent();
        for (var turn = 0; turn < 4; turn++)
        {
            await agent.CommitFiles($"t{turn}", Enumerable.Range(0, PerTurn).Select(i => (Encoding.ASCII.GetBytes($"{turn}/{i / 500}/{i}.md"), $"{turn} {i}\n")));
            await agent.Send(Store, Notes, $"t{turn}");
            await agent.Advance();
        }

        await agent.CommitFiles("t4", [(Encoding.ASCII.GetBytes("3/7/3500.md"), "changed\n")]);
        var result = await agent.Send(Store, Notes, "t4");
        Assert.Equal((1L, 1L, 1L), (result.Files, result.Insertions, result.Deletions));
        var fresh = NewStore("fresh");
        Assert.Equal("changed\n", await Read("3/7/3500.md", store: fresh));
        Assert.Equal(500, (await fresh.Tree(Notes, "3/7", null, Stop)).Entries.Count);
    }
}
