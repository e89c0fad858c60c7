using System.Text;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>What an agent may try. Each is refused by its rule, as the agent's fault, and the workspace stays as it is.</summary>
public sealed class HostileBundleTests : WorkspaceFixture
{
    private Agent _agent = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _agent = await NewAgent();
    }

    [Fact]
    public async Task A_forged_author_is_refused()
    {
        _agent.Write("x.md", "x");
        await _agent.Commit("t1", author: "eve");
        await RefusedUnchanged("commit-author");
    }

    [Fact]
    public async Task Another_turns_or_dispatches_trailers_are_refused()
    {
        _agent.Write("x.md", "x");
        await _agent.Commit("t2");
        await RefusedUnchanged("commit-trailers");
    }

    [Fact]
    public async Task The_accepted_commit_of_another_dispatch_cannot_be_claimed()
    {
        _agent.Write("x.md", "x");
        await _agent.Commit("t1");
        var bundle = await _agent.Bundle();
        await _agent.Send(Store, Notes, "t1", bundle);

        var thief = await NewAgent("thief");
        await Refused("commit-trailers", () => thief.Send(Store, Notes, "t1", bundle));
    }

    [Fact]
    public async Task Two_commits_are_refused()
    {
        _agent.Write("x.md", "x");
        await _agent.Commit("t1");
        _agent.Write("x.md", "y");
        await _agent.Commit("t1");
        await RefusedUnchanged("one-commit");
    }

    [Fact]
    public async Task A_whole_history_is_refused()
    {
        _agent.Write("x.md", "x");
        await _agent.Commit("t1");
        await RefusedUnchanged("one-commit", await _agent.Bundle("refs/heads/main"));
    }

    [Fact]
    public async Task An_unknown_parent_is_refused()
    {
        _agent.Write("x.md", "x");
        await _agent.Commit("t1");
        var middle = (await _agent.Git("rev-parse", "HEAD")).Trim();
        _agent.Write("x.md", "y");
        await _agent.Commit("t1");
        await RefusedUnchanged("unknown-parent", await _agent.Bundle($"{middle}..refs/heads/main"));
    }

    [Fact]
    public async Task The_proposal_of_another_dispatch_is_no_parent()
    {
        var other = await NewAgent("other");
        _agent.Write("README.md", "mine\n");
        await _agent.Commit("t1");
        await _agent.Send(Store, Notes, "t1");
        other.Write("README.md", "theirs\n");
        var proposed = await other.Commit("t1");
        Assert.NotNull((await other.Send(Store, Notes, "t1")).ProposalRef);

        // It cannot know that commit, but suppose that it did.
        var thief = await NewAgent("thief");
        await thief.Git("fetch", "-q", other.PathOf("."), proposed);
        await thief.Git("reset", "-q", "--hard", proposed);
        thief.Write("x.md", "x");
        await thief.Commit("t1");
        await Refused("unknown-parent", async () => await thief.Send(Store, Notes, "t1", await thief.Bundle($"{proposed}..refs/heads/main")));
    }

    [Fact]
    public async Task Any_other_ref_is_refused()
    {
        _agent.Write("x.md", "x");
        await _agent.Commit("t1");
        await _agent.Git("branch", "other");
        await RefusedUnchanged("bundle-ref", await _agent.Bundle($"{_agent.Base}..refs/heads/other"));
        await RefusedUnchanged("bundle-ref", await _agent.Bundle("refs/heads/main", "refs/heads/other", "^" + _agent.Base));
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".git")]
    [InlineData(".GIT")]
    [InlineData("GIT~1")]
    [InlineData(".g\u200cit")]
    [InlineData(".git ")]
    [InlineData("x/y")]
    [InlineData("new\nline")]
    [InlineData("back\\slash")]
    public async Task A_crafted_path_is_refused(string name)
    {
        var blob = await _agent.MakeBlob("[core]\n\tfsmonitor = touch /tmp/owned\n");
        var folder = await _agent.MakeTree($"100644 blob {blob}\tconfig");
        // A file where git's check of objects looks at folders too, and a folder for the rest.
        foreach (var entry in (string[])[$"100644 blob {blob}\t{name}", $"040000 tree {folder}\t{name}"])
        {
            await _agent.Git("reset", "-q", "--hard", _agent.Base);
            await _agent.CommitTree(await TryMakeTree(entry), "t1");
            var failure = await Assert.ThrowsAsync<VexaException>(() => _agent.Send(Store, Notes, "t1"));
            Assert.Contains(failure.Rule, new[] { "bad-path", "bundle-refused" });
            Assert.Equal(Party.Agent, failure.Party);
        }

        Assert.Equal(_agent.Base, await Store.Tip(Notes, Stop));
    }

    [Theory]
    [InlineData("readme.md")]
    [InlineData("README.md.")]
    [InlineData("README\u200c.md")]
    [InlineData("A")]
    [InlineData("A/two.md")]
    [InlineData("a/ONE.md")]
    [InlineData("new/x.md", "New/y.md")]
    [InlineData("\u00c9t\u00e9.md", "\u00e9t\u00e9.md")]
    public async Task A_name_that_some_system_takes_for_another_one_is_refused(params string[] paths)
    {
        await _agent.CommitFiles("t1", paths.Select(path => (Encoding.UTF8.GetBytes(path), "x\n")));
        await RefusedUnchanged("bad-path");
    }

    [Fact]
    public async Task A_name_that_goes_may_come_back_in_another_case()
    {
        await _agent.Git("mv", "README.md", "readme.md");
        _agent.Write("a/b/one.md", "the same name elsewhere\n");
        var sha = await _agent.Commit("t1");
        Assert.Equal(sha, (await _agent.Send(Store, Notes, "t1")).Sha);
    }

    [Fact]
    public async Task A_submodule_is_refused()
    {
        await _agent.CommitTree(await _agent.MakeTree($"160000 commit {_agent.Base}\tsub"), "t1");
        await RefusedUnchanged("submodule");
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("..\\..\\outside")]
    [InlineData("C:/outside")]
    public async Task A_link_that_leaves_the_workspace_is_refused(string target)
    {
        File.CreateSymbolicLink(_agent.PathOf("link"), target);
        await _agent.Commit("t1");
        await RefusedUnchanged("bad-link");
    }

    [Fact]
    public async Task A_link_within_the_workspace_is_taken_and_read_as_text()
    {
        File.CreateSymbolicLink(_agent.PathOf("a/link"), "../README.md");
        await _agent.Commit("t1");
        await _agent.Send(Store, Notes, "t1");

        Assert.Equal("../README.md", await Read("a/link"));
        Assert.Contains((await Store.Tree(Notes, "a", null, Stop)).Entries, e => e is { Path: "a/link", Kind: EntryKind.Link });
    }

    [Fact]
    public async Task Garbage_and_cut_bundles_are_refused()
    {
        _agent.Write("x.md", string.Join('\n', Enumerable.Range(0, 1000)));
        await _agent.Commit("t1");
        var good = await _agent.Bundle();

        await RefusedUnchanged("bundle-format", []);
        await RefusedUnchanged("bundle-format", Encoding.ASCII.GetBytes("garbage"));
        await RefusedUnchanged("bundle-format", good[..60]);
        await RefusedUnchanged("bundle-refused", good[..^40]);
        for (var at = 200; at < good.Length; at += 97)
        {
            var flipped = (byte[])good.Clone();
            flipped[at] ^= 0x55;
            var failure = await Assert.ThrowsAsync<VexaException>(() => _agent.Send(Store, Notes, "t1", flipped));
            Assert.Equal(Party.Agent, failure.Party);
        }

        Assert.Equal(_agent.Base, await Store.Tip(Notes, Stop));
    }

    [Theory]
    [InlineData("100666")]
    [InlineData("104755")]
    [InlineData("100600")]
    public async Task A_mode_that_git_only_reads_as_another_is_refused_by_name(string mode)
    {
        var blob = await _agent.MakeBlob("x\n");
        await _agent.CommitTree(await WriteTree($"{mode} blob {blob}\tx.sh"), "t1");
        var failure = await Refused("bundle-refused", () => _agent.Send(Store, Notes, "t1"));
        Assert.Contains("badFilemode", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bundle_that_lacks_an_object_is_refused()
    {
        await _agent.CommitTree(await _agent.MakeTree("100644 blob 1111111111111111111111111111111111111111\tmissing"), "t1");
        var commit = (await _agent.Git("rev-parse", "HEAD")).Trim();
        var tree = (await _agent.Git("rev-parse", "HEAD^{tree}")).Trim();
        var pack = _agent.PathOf(".git/handmade");
        await File.WriteAllTextAsync(pack + ".in", $"{commit}\n{tree}\n", Stop);
        var name = await Shell($"git pack-objects -q {pack} < {pack}.in");
        var packed = await File.ReadAllBytesAsync($"{pack}-{name.Trim()}.pack", Stop);
        byte[] bundle = [.. Bundle.Head([_agent.Base], [new BundleRef(commit, "refs/heads/main")]).Span, .. packed];
        await RefusedUnchanged("bundle-refused", bundle);
    }

    [Fact]
    public async Task Sizes_are_limited_before_anything_is_unpacked()
    {
        _agent.Write("x.md", Convert.ToBase64String(new Random(1).GetItems(Enumerable.Range(0, 256).Select(i => (byte)i).ToArray(), 100_000)));
        _agent.Write("y.md", "y");
        await _agent.Commit("t1");

        Assert.Equal(413, (await RefusedBy("bundle-too-large", o => o with { LargestBundle = 10_000 })).Status);
        await RefusedBy("bundle-objects", o => o with { MostObjects = 3 });
        await RefusedBy("too-many-files", o => o with { MostFiles = 1 });
        await RefusedBy("file-too-large", o => o with { LargestFile = 100_000 });
        await RefusedBy("commit-too-large", o => o with { LargestCommit = 100_000 });
        Assert.Equal(_agent.Base, await Store.Tip(Notes, Stop));
        await _agent.Send(Store, Notes, "t1");
    }

    [Fact]
    public async Task A_small_bundle_that_unpacks_to_a_huge_file_is_refused()
    {
        await using (var file = File.Create(_agent.PathOf("zeros")))
            file.SetLength(200L * 1024 * 1024);
        await _agent.Commit("t1");
        var bundle = await _agent.Bundle();

        Assert.True(bundle.Length < 1_000_000);
        await RefusedUnchanged("file-too-large", bundle);
    }

    [Fact]
    public async Task A_bomb_of_folders_within_folders_is_refused()
    {
        await _agent.CommitTree(await MakeBomb(), "t1");
        await RefusedUnchanged("too-many-files");
    }

    [Fact]
    public async Task A_bomb_that_a_person_pushes_or_imports_is_refused_as_an_agents_is()
    {
        await _agent.GitOfPerson("update-ref", "refs/heads/main", (await _agent.GitOfPerson("commit-tree", await MakeBomb(), "-p", "HEAD", "-m", "Bomb")).Trim());
        await Refused("too-many-files", () => _agent.Push(Store, Notes));
        var refused = await Refused("too-many-files", async () => await Store.Import(Id.Parse<WorkspaceId>("copy"), new MemoryStream(await _agent.Bundle("refs/heads/main")), Stop));
        Assert.Equal(Party.Caller, refused.Party);
    }

    [Fact]
    public async Task A_link_whose_text_is_more_than_anybody_reads_is_refused()
    {
        File.WriteAllBytes(_agent.PathOf("zeros"), new byte[2 * 1024 * 1024]);
        var blob = (await _agent.Git("hash-object", "-w", "zeros")).Trim();
        File.Delete(_agent.PathOf("zeros"));
        await _agent.GitOfPerson("update-ref", "refs/heads/main", (await _agent.GitOfPerson("commit-tree", await _agent.MakeTree($"120000 blob {blob}\tlink"), "-p", "HEAD", "-m", "Bomb")).Trim());

        // Packed, it is small.
        await using var tight = NewStore("tight", change: o => o with { LargestBundle = 1024 * 1024 });
        await Refused("commit-too-large", () => _agent.Push(tight, Notes));
    }

    // A few small folders, and a million million files.
    private async Task<string> MakeBomb()
    {
        var blob = await _agent.MakeBlob("x");
        var tree = await _agent.MakeTree($"100644 blob {blob}\tf");
        for (var level = 0; level < 12; level++)
            tree = await _agent.MakeTree([.. Enumerable.Range(0, 10).Select(i => $"040000 tree {tree}\td{i}")]);
        return tree;
    }

    [Fact]
    public async Task Hooks_and_settings_in_the_agents_repository_run_nowhere()
    {
        var owned = Path.Combine(Folder, "owned");
        foreach (var hook in (string[])["post-commit", "reference-transaction", "post-merge", "pre-receive", "post-checkout"])
        {
            _agent.Write($".git/hooks/{hook}", $"#!/bin/sh\ntouch {owned}\n");
            File.SetUnixFileMode(_agent.PathOf($".git/hooks/{hook}"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        _agent.Write(".gitattributes", "* filter=evil diff=evil merge=evil\n");
        _agent.Write("x.md", "x\n");
        await _agent.Commit("t1");
        var bundle = await _agent.Bundle();
        File.Delete(owned);
        await _agent.Git("config", "diff.evil.command", $"touch {owned}");
        await _agent.Git("config", "core.fsmonitor", $"touch {owned}");

        var result = await _agent.Send(Store, Notes, "t1", bundle);
        Assert.Contains("+x", await Store.Diff(Notes, null, result.Sha, Stop), StringComparison.Ordinal);
        Assert.False(File.Exists(owned));
    }

    [Fact]
    public async Task What_was_refused_leaves_nothing_behind()
    {
        _agent.Write("x.md", "x");
        await _agent.Commit("t1", author: "eve");
        var before = Files();
        await RefusedUnchanged("commit-author");
        Assert.Equal(before, Files());

        string[] Files() => [.. Directory.EnumerateFileSystemEntries(CacheFolder(), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }

    private async Task RefusedUnchanged(string rule, byte[]? bundle = null)
    {
        var failure = await Refused(rule, () => _agent.Send(Store, Notes, "t1", bundle));
        Assert.Equal((Stage.WorkspaceCommit, Party.Agent), (failure.Stage, failure.Party));
        Assert.Equal(_agent.Base, await Store.Tip(Notes, Stop));
        Assert.Equal(1, (await ReadManifest()).Generation);
    }

    private Task<VexaException> RefusedBy(string rule, Func<WorkspaceOptions, WorkspaceOptions> limits) =>
        Refused(rule, () => _agent.Send(NewStore($"limited-{rule}", change: limits), Notes, "t1"));

    // mktree refuses a slash; then the tree is written by hand.
    private async Task<string> TryMakeTree(string entry)
    {
        return entry.Contains('/', StringComparison.Ordinal) ? await WriteTree(entry) : await _agent.MakeTree(entry);
    }

    private async Task<string> WriteTree(string entry)
    {
        var (mode, sha, name) = (entry.Split(' ')[0].TrimStart('0'), entry.Split(' ')[2][..40], entry.Split('\t')[1]);
        var raw = _agent.PathOf(".git/raw-tree");
        await File.WriteAllBytesAsync(raw, [.. Encoding.UTF8.GetBytes($"{mode} {name}\0"), .. Convert.FromHexString(sha)], Stop);
        return (await _agent.Git("hash-object", "--literally", "-t", "tree", "-w", raw)).Trim();
    }

    private async Task<string> Shell(string command)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = _agent.PathOf("."), RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop);
        return output;
    }
}
