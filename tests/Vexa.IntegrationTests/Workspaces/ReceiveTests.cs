using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>What becomes of honest work.</summary>
public sealed class ReceiveTests : WorkspaceFixture
{
    [Fact]
    public async Task A_commit_on_the_tip_becomes_the_tip_and_lies_in_the_bucket()
    {
        var agent = await NewAgent();
        agent.Write("a/one.md", "one\n2\nthree\n");
        agent.Write("new.md", "hello\n");
        var sha = await agent.Commit("t1");

        var result = await agent.Send(Store, Notes, "t1");

        Assert.Equal(new CommitResult { Workspace = Notes, Sha = sha, Parent = agent.Base, Files = 2, Insertions = 2, Deletions = 1 }, result);
        Assert.Equal(sha, await Store.Tip(Notes, Stop));
        var elsewhere = NewStore("other-machine");
        Assert.Equal("hello\n", await Read("new.md", store: elsewhere));
        Assert.Equal("one\n2\nthree\n", await Read("a/one.md", store: elsewhere));
        var manifest = await ReadManifest();
        Assert.Equal(2, manifest.Generation);
        Assert.Equal([agent.Base], manifest.Bundles[1].Prerequisites);
    }

    [Fact]
    public async Task The_bucket_opened_can_be_read_with_git_alone()
    {
        var agent = await NewAgent();
        agent.Write("new.md", "hello\n");
        var sha = await agent.Commit("t1");
        await agent.Send(Store, Notes, "t1");

        var plain = await NewAgent();
        foreach (var bundle in (await ReadManifest()).Bundles)
            await plain.Git("bundle", "unbundle", await Open(bundle));
        Assert.Equal("hello\n", await plain.Git("show", $"{sha}:new.md"));
    }

    [Fact]
    public async Task Turn_after_turn_of_one_dispatch_goes_on()
    {
        var agent = await NewAgent();
        for (var turn = 1; turn <= 3; turn++)
        {
            agent.Write("log.md", $"turn {turn}\n");
            var sha = await agent.Commit($"t{turn}");
            Assert.Equal(sha, (await agent.Send(Store, Notes, $"t{turn}")).Sha);
            await agent.Advance();
        }

        var log = (await Store.Log(Notes, 10, Stop)).Commits;
        Assert.Equal(["Turn t3", "Turn t2", "Turn t1", "Make workspace notes"], log.Select(c => c.Subject));
        Assert.Equal((Id.Parse<DispatchId>("d1"), Id.Parse<TurnId>("t3"), "ada"), (log[0].Dispatch!.Value, log[0].Turn!.Value, log[0].Author));
        Assert.Null(log[3].Dispatch);
        Assert.Empty(log[3].Parents);
    }

    [Fact]
    public async Task Two_dispatches_that_touch_different_lines_meet_in_a_merge()
    {
        var (one, two) = (await NewAgent("d1"), await NewAgent("d2"));
        one.Write("a/one.md", "ONE\ntwo\nthree\n");
        two.Write("two.md", "2\n");
        await one.Commit("t1");
        var second = await two.Commit("t1");
        var first = await one.Send(Store, Notes, "t1");

        var result = await two.Send(Store, Notes, "t1");

        Assert.Null(result.ProposalRef);
        Assert.Equal((first.Sha, 1, 1, 0), (result.Parent, result.Files, result.Insertions, result.Deletions));
        Assert.Equal(result.Sha, await Store.Tip(Notes, Stop));
        Assert.Equal("ONE\ntwo\nthree\n", await Read("a/one.md"));
        Assert.Equal("2\n", await Read("two.md"));
        var merge = (await Store.Log(Notes, 1, Stop)).Commits[0];
        Assert.Equal([first.Sha, second], merge.Parents);
        Assert.Equal(Id.Parse<DispatchId>("d2"), merge.Dispatch);

        // The second dispatch goes on from its own commit, which it has, and not from the merge, which it has not.
        await two.Advance();
        two.Write("two.md", "3\n");
        await two.Commit("t2");
        Assert.Null((await two.Send(Store, Notes, "t2")).ProposalRef);
        Assert.Equal("3\n", await Read("two.md", store: NewStore("other-machine")));
    }

    [Fact]
    public async Task A_conflict_becomes_a_proposal_and_the_trunk_stays()
    {
        var (one, two) = (await NewAgent("d1"), await NewAgent("d2"));
        one.Write("a/one.md", "one\nONE\nthree\n");
        two.Write("a/one.md", "one\nTWO\nthree\n");
        await one.Commit("t1");
        await two.Commit("t1");
        var first = await one.Send(Store, Notes, "t1");

        var result = await two.Send(Store, Notes, "t1");

        Assert.Equal("refs/proposals/d2", result.ProposalRef);
        Assert.Equal("Conflicts with the trunk in a/one.md", result.Reason);
        Assert.Equal((1, 1, 1), (result.Files, result.Insertions, result.Deletions));
        Assert.Equal(first.Sha, await Store.Tip(Notes, Stop));
        Assert.Equal(result.Sha, (await ReadManifest()).Refs["refs/proposals/d2"]);
        Assert.Equal("one\nTWO\nthree\n", await Read("a/one.md", result.Sha, NewStore("other-machine")));

        // The next turn stands on the proposed commit, and is a proposal of its own while the conflict lasts.
        await two.Advance();
        two.Write("b.md", "b\n");
        await two.Commit("t2");
        Assert.Equal("refs/proposals/d2.2", (await two.Send(Store, Notes, "t2")).ProposalRef);

        // Where it no longer conflicts, all of its work lands.
        await two.Advance();
        two.Write("a/one.md", "one\nONE\nthree\n");
        await two.Commit("t3");
        Assert.Null((await two.Send(Store, Notes, "t3")).ProposalRef);
        Assert.Equal("b\n", await Read("b.md"));
    }

    [Fact]
    public async Task The_same_commit_twice_is_one_commit_with_one_result()
    {
        var (one, two, three) = (await NewAgent("d1"), await NewAgent("d2"), await NewAgent("d3"));
        one.Write("a/one.md", "one\nONE\nthree\n");
        two.Write("two.md", "2\n");
        three.Write("a/one.md", "one\nTHREE\nthree\n");
        var sent = new List<(Agent Agent, byte[] Bundle, CommitResult Result)>();
        foreach (var agent in (Agent[])[one, two, three])
        {
            await agent.Commit("t1");
            var bundle = await agent.Bundle();
            sent.Add((agent, bundle, await agent.Send(Store, Notes, "t1", bundle)));
        }

        var manifest = await ReadManifest();
        foreach (var store in (WorkspaceStore[])[Store, NewStore("after-a-crash")])
            foreach (var (agent, bundle, result) in sent)
                Assert.Equal(result, await agent.Send(store, Notes, "t1", bundle));

        Assert.Equal(manifest.Generation, (await ReadManifest()).Generation);
        Assert.NotNull(sent[2].Result.ProposalRef);
    }

    [Fact]
    public async Task Two_new_names_that_some_system_takes_for_one_meet_in_a_proposal()
    {
        var (one, two) = (await NewAgent("d1"), await NewAgent("d2"));
        one.Write("plans/Today.md", "1\n");
        await one.Commit("t1");
        var trunk = (await one.Send(Store, Notes, "t1")).Sha;
        two.Write("plans/today.md", "2\n");
        await two.Commit("t1");

        var result = await two.Send(Store, Notes, "t1");
        Assert.Equal(("refs/proposals/d2", "Conflicts with the trunk in plans/today.md"), (result.ProposalRef, result.Reason));
        Assert.Equal(trunk, await Store.Tip(Notes, Stop));
        Assert.Equal(["plans/today.md"], (await Store.Conflict(Notes, result.Sha, Stop))!.Paths);
    }

    [Fact]
    public async Task What_landed_long_ago_is_known_again_and_no_more_is_read_for_it_than_came_after()
    {
        var (first, second) = (await NewAgent("d1"), await NewAgent("d2"));
        var founding = first.Base;
        first.Write("first.md", "1\n");
        await first.Commit("t1");
        var landed = await first.Send(Store, Notes, "t1");
        second.Write("second.md", "2\n");
        await second.Commit("t1");
        var merged = await second.Send(Store, Notes, "t1");
        var later = await NewAgent("d3");
        for (var turn = 0; turn < 4; turn++)
        {
            later.Write("later.md", $"{turn}\n");
            await later.Commit($"t{turn}");
            await later.Send(Store, Notes, $"t{turn}");
            await later.Advance();
        }

        var fresh = NewStore("fresh");
        Assert.Equal(landed, await first.Send(fresh, Notes, "t1"));
        Assert.Equal(merged, await second.Send(fresh, Notes, "t1"));

        var at = new Snapshot(await ReadManifest(), "", Path.Combine(CacheFolder("fresh"), "notes"));
        var git = new Git(new WorkspaceOptions { CacheFolder = CacheFolder("fresh") }, TimeProvider.System, NullLogger.Instance);
        var lineage = await Lineage.Read(git, new GitFolders(at.Repository), at, [], merged.Sha, Stop);
        Assert.True(lineage.Contains(merged.Sha) && lineage.Contains(at.Tip));
        Assert.False(lineage.Contains(landed.Sha) || lineage.Contains(founding));
        Assert.Null(lineage.LandingOf(landed.Sha));
        Assert.Equal(merged.Sha, lineage.LandingOf(merged.Sha));
    }

    [Fact]
    public async Task The_same_commit_sent_many_times_at_once_is_one_commit()
    {
        var agent = await NewAgent();
        agent.Write("new.md", "hello\n");
        await agent.Commit("t1");
        var bundle = await agent.Bundle();

        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => agent.Send(Store, Notes, "t1", bundle))));

        Assert.Single(results.Distinct());
        Assert.Equal(2, (await ReadManifest()).Generation);
    }

    [Fact]
    public async Task A_crash_between_bundle_and_manifest_leaves_the_old_state_and_a_retry_mends_it()
    {
        var agent = await NewAgent();
        agent.Write("new.md", "hello\n");
        var sha = await agent.Commit("t1");
        var crashing = new ScriptedBucket(Bucket) { BeforePut = key => key.EndsWith("/manifest", StringComparison.Ordinal) ? throw new OperationCanceledException("crash") : Task.CompletedTask };
        var store = await NewStoreOn(crashing, "crashing");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => agent.Send(store, Notes, "t1"));
        Assert.Equal(agent.Base, await Store.Tip(Notes, Stop));

        Assert.Equal(sha, (await agent.Send(Store, Notes, "t1")).Sha);
        Assert.Equal("hello\n", await Read("new.md", store: NewStore("other-machine")));
    }

    [Fact]
    public async Task Twenty_commits_at_once_by_three_processes_are_all_there_afterwards()
    {
        var stores = new[] { Store, NewStore("second"), NewStore("third") };
        var agents = new List<Agent>();
        for (var i = 0; i < 20; i++)
        {
            agents.Add(await NewAgent($"d{i}"));
            agents[i].Write($"notes/{i}.md", $"{i}\n");
            await agents[i].Commit("t1");
        }

        var results = await Task.WhenAll(agents.Select((agent, i) => Task.Run(() => agent.Send(stores[i % 3], Notes, "t1"))));

        Assert.All(results, result => Assert.Null(result.ProposalRef));
        for (var i = 0; i < 20; i++)
            Assert.Equal($"{i}\n", await Read($"notes/{i}.md", store: NewStore($"reader{i % 2}")));
    }

    [Fact]
    public async Task A_lost_race_for_the_manifest_is_decided_again_on_the_new_tip()
    {
        var (one, two) = (await NewAgent("d1"), await NewAgent("d2"));
        one.Write("one.md", "1\n");
        two.Write("two.md", "2\n");
        await one.Commit("t1");
        await two.Commit("t1");
        var other = NewStore("other");
        var raced = false;
        var racing = new ScriptedBucket(Bucket)
        {
            BeforePut = async key =>
            {
                if (raced || !key.EndsWith("/manifest", StringComparison.Ordinal))
                    return;

                raced = true;
                await one.Send(other, Notes, "t1");
            },
        };

        var result = await two.Send(await NewStoreOn(racing, "racing"), Notes, "t1");

        Assert.True(raced);
        Assert.Equal(2, (await Store.Log(Notes, 1, Stop)).Commits[0].Parents.Count);
        Assert.Equal(result.Sha, await Store.Tip(Notes, Stop));
        Assert.Equal(("1\n", "2\n"), (await Read("one.md"), await Read("two.md")));
    }

    [Fact]
    public async Task Who_always_loses_the_race_is_told_so_in_the_end()
    {
        var agent = await NewAgent();
        agent.Write("new.md", "hello\n");
        await agent.Commit("t1");
        var losing = new ScriptedBucket(Bucket) { Loses = key => key.EndsWith("/manifest", StringComparison.Ordinal) };

        var store = await NewStoreOn(losing, "losing", o => o with { MostRaces = 3 });
        var failure = await Refused("workspace-busy", () => agent.Send(store, Notes, "t1"));
        Assert.Equal(503, failure.Status);
    }

    [Fact]
    public async Task The_cache_may_be_deleted_at_any_time()
    {
        var agent = await NewAgent();
        for (var turn = 1; turn <= 3; turn++)
        {
            Directory.Delete(CacheFolder(), recursive: true);
            agent.Write("log.md", $"turn {turn}\n");
            await agent.Commit($"t{turn}");
            await agent.Send(Store, Notes, $"t{turn}");
            await agent.Advance();
        }

        Directory.Delete(Path.Combine(CacheFolder(), "notes", "objects", "pack"), recursive: true);
        Directory.CreateDirectory(Path.Combine(CacheFolder(), "notes", "objects", "pack"));
        Assert.Equal("turn 3\n", await Read("log.md"));
    }

    [Fact]
    public async Task A_cache_that_another_process_left_behind_is_brought_up_to_date()
    {
        var agent = await NewAgent();
        await Read("README.md", store: NewStore("stale"));
        agent.Write("new.md", "hello\n");
        await agent.Commit("t1");
        await agent.Send(Store, Notes, "t1");

        Assert.Equal("hello\n", await Read("new.md", store: NewStore("stale")));
    }

    [Fact]
    public async Task A_bundle_that_is_missing_or_damaged_in_the_bucket_is_named()
    {
        var bundle = (await ReadManifest()).Bundles[0];
        var content = (await Bucket.Get(bundle.Key, Stop))!.Content.ToArray();
        content[^30] ^= 1;
        await Bucket.Put(bundle.Key, content, PutCondition.None, Stop);
        var damaged = await Refused("object-damaged", () => Read("README.md", store: NewStore("other")));
        Assert.Contains(bundle.Key, damaged.Message, StringComparison.Ordinal);

        await Bucket.Delete(bundle.Key, Stop);
        var missing = await Refused("bundle-missing", () => Read("README.md", store: NewStore("another")));
        Assert.Contains(bundle.Key, missing.Message, StringComparison.Ordinal);
        Assert.Equal(Party.Operator, missing.Party);
    }

    [Fact]
    public async Task Any_two_edits_of_a_file_are_merged_or_proposed_and_never_dropped()
    {
        var random = new Random(20260701);
        var proposals = 0;
        for (var round = 0; round < 12; round++)
        {
            var (one, two) = (await NewAgent($"r{round}-a"), await NewAgent($"r{round}-b"));
            var lines = Enumerable.Range(0, 8).Select(i => $"line {i} of round {round}").ToArray();
            foreach (var (agent, name) in new[] { (one, "a"), (two, "b") })
            {
                var mine = (string[])lines.Clone();
                mine[random.Next(8)] += $" by {name}";
                agent.Write($"both.md", string.Join("\n\n\n\n", mine));
                agent.Write($"own/{round}-{name}.md", $"{name}{round}\n");
                await agent.Commit("t1");
            }

            await one.Send(Store, Notes, "t1");
            var second = await two.Send(Store, Notes, "t1");
            proposals += second.ProposalRef is null ? 0 : 1;
            Assert.Equal($"a{round}\n", await Read($"own/{round}-a.md"));
            Assert.Equal($"b{round}\n", await Read($"own/{round}-b.md", second.Sha));
            Assert.Contains("by b", await Read("both.md", second.Sha), StringComparison.Ordinal);
            Assert.Contains("by a", await Read("both.md"), StringComparison.Ordinal);
        }

        Assert.True(proposals > 0);
    }
}
