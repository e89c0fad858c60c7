using System.Globalization;
using System.Text;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>Turns that keep every rule, and are yet more work for git than others should wait for.</summary>
public sealed class HeavyTurnTests : WorkspaceFixture
{
    private static readonly TimeSpan TooShort = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Lines_that_take_too_long_to_count_are_not_counted_and_the_turn_lands()
    {
        var agent = await NewAgent();
        agent.Write("heavy.txt", Text(_ => 0));
        await agent.Commit("t1");
        await agent.Send(Store, Notes, "t1");
        await agent.Advance();
        agent.Write("heavy.txt", Text(line => line));
        var sha = await agent.Commit("t2");

        await using var hasty = NewStore("hasty", change: o => o with { CountTimeout = TooShort });
        var result = await agent.Send(hasty, Notes, "t2");
        Assert.Equal((sha, (string?)null), (result.Sha, result.ProposalRef));
        Assert.Equal((1L, 0L, 0L), (result.Files, result.Insertions, result.Deletions));
        await using var patient = NewPatientStore();
        var counted = await agent.Send(patient, Notes, "t2");
        Assert.True(counted.Insertions > 1000);
    }

    [Fact]
    public async Task As_many_files_as_are_allowed_with_paths_as_long_as_are_allowed_land()
    {
        const int Files = 49_990;
        var folder = string.Join('/', Enumerable.Repeat(new string('f', 250), 3));
        var agent = await NewAgent();
        var sha = await agent.CommitFiles("t1", Enumerable.Range(0, Files).Select(i => (Encoding.ASCII.GetBytes($"{folder}/{new string('n', 230)}{i:d5}"), "x\n")));

        await using var patient = NewPatientStore();
        var result = await agent.Send(patient, Notes, "t1");
        Assert.Equal((sha, (string?)null), (result.Sha, result.ProposalRef));
        Assert.Equal((Files, Files, 0L), (result.Files, result.Insertions, result.Deletions));
    }

    [Fact]
    public async Task Texts_that_take_too_long_to_merge_become_a_proposal_that_says_so()
    {
        var first = await NewAgent("d0");
        first.Write("heavy.txt", Text(_ => 0));
        await first.Commit("t1");
        await first.Send(Store, Notes, "t1");
        var (one, two) = (await NewAgent("d1"), await NewAgent("d2"));
        one.Write("heavy.txt", Text(line => line));
        await one.Commit("t1");
        var trunk = (await one.Send(Store, Notes, "t1")).Sha;
        two.Write("heavy.txt", Text(line => -line));
        await two.Commit("t1");

        await using var hasty = NewStore("hasty", change: o => o with { MergeTimeout = TooShort });
        var result = await two.Send(hasty, Notes, "t1");
        Assert.Equal("refs/proposals/d2", result.ProposalRef);
        Assert.Contains("too long", result.Reason, StringComparison.Ordinal);
        Assert.Equal(trunk, await Store.Tip(Notes, Stop));
        var again = await two.Send(Store, Notes, "t1");
        Assert.Equal((result.Sha, result.ProposalRef, result.Reason), (again.Sha, again.ProposalRef, again.Reason));
        Assert.Empty((await Store.Conflict(Notes, result.Sha, Stop))!.Paths);
    }

    [Fact]
    public async Task Texts_that_take_too_much_memory_to_count_and_to_merge_cost_nobody_the_unpacked_copy()
    {
        // A few megabytes; git holds many times that of each version.
        static string Lines(params int[] changed) => string.Concat(Enumerable.Range(0, 1_500_000).Select(i => changed.Contains(i) ? "changed\n" : string.Create(CultureInfo.InvariantCulture, $"{i % 3000:x}\n")));
        await using var tight = NewStore("tight", change: o => o with { GitMemory = 256L * 1024 * 1024 });
        var first = await NewAgent("d0", tight);
        first.Write("heavy.txt", Lines());
        await first.Commit("t1");
        await first.Send(tight, Notes, "t1");
        var (one, two) = (await NewAgent("d1", tight), await NewAgent("d2", tight));
        two.Write("heavy.txt", Lines(1_000_000));
        await two.Commit("t1");
        var marker = Path.Combine(CacheFolder("tight"), "notes", "as-it-was");
        await File.WriteAllTextAsync(marker, "", Stop);

        one.Write("heavy.txt", Lines(1000));
        await one.Commit("t1");
        var counted = await one.Send(tight, Notes, "t1");
        Assert.Equal(((string?)null, 1L, 0L), (counted.ProposalRef, counted.Files, counted.Insertions));
        var proposed = await two.Send(tight, Notes, "t1");
        Assert.Equal("refs/proposals/d2", proposed.ProposalRef);
        Assert.Contains("too much memory", proposed.Reason, StringComparison.Ordinal);

        // Nor is it taken back where that takes a merge.
        await one.Advance();
        one.Write("heavy.txt", Lines(1000, 1_200_000));
        await one.Commit("t2");
        await one.Send(tight, Notes, "t2");
        Assert.NotNull((await tight.Undo(Notes, [counted.Sha], Agent.Subject, Stop)).ProposalRef);
        Assert.True(File.Exists(marker));
    }

    [Fact]
    public async Task A_git_that_takes_too_long_costs_nobody_the_unpacked_copy()
    {
        await Read("README.md");
        var marker = Path.Combine(CacheFolder(), "notes", "as-it-was");
        await File.WriteAllTextAsync(marker, "", Stop);

        await using var hasty = NewStore("git", change: o => o with { GitTimeout = TimeSpan.Zero });
        Assert.Equal(503, (await Refused("git-failed", () => Read("README.md", store: hasty))).Status);
        Assert.True(File.Exists(marker));
    }

    // So that what is counted does not depend on what else the machine does.
    private WorkspaceStore NewPatientStore() => NewStore("patient", change: o => o with { CountTimeout = TimeSpan.FromMinutes(1) });

    // The same lines each time; few are alike, so a difference has many ways to be found.
    private static string Text(Func<int, int> order)
    {
        var random = new Random(2);
        var lines = Enumerable.Range(0, 300_000).Select(_ => random.Next(3000)).ToList();
        return string.Concat(lines.OrderBy(order).Select(line => string.Create(CultureInfo.InvariantCulture, $"{line:x}\n")));
    }
}
