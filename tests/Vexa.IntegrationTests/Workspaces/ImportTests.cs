using System.Diagnostics;
using System.Text;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>A whole workspace out as a bundle and in as one, and what is refused on the way in.</summary>
public sealed class ImportTests : WorkspaceFixture
{
    private static readonly WorkspaceId Copy = Id.Parse<WorkspaceId>("copy");

    private string Foreign => Path.Combine(Folder, "foreign");

    [Fact]
    public async Task An_export_that_is_imported_has_every_commit_proposal_and_receipt_bit_for_bit()
    {
        var (one, two) = (await NewAgent("d1"), await NewAgent("d2"));
        one.Write("a/one.md", "trunk\n");
        await one.Commit("t1");
        var landed = await one.Send(Store, Notes, "t1");
        two.Write("a/one.md", "beside\n");
        await two.Commit("t1");
        var proposal = await two.Send(Store, Notes, "t1");
        await Store.AddNote(Notes, landed.Sha, _ => "a receipt\n", Stop);

        var imported = await Import(await Export(Notes));
        // The first, the two turns, the proposal's own, the receipts.
        Assert.Equal((Copy, landed.Sha, (await Store.Log(Notes, 100, Stop)).Commits.Count, 0), (imported.Id, imported.Tip, imported.Commits, imported.LeftOut.Count));
        Assert.Equal(await Store.Refs(Notes, Stop), await Store.Refs(Copy, Stop));
        Assert.Contains(proposal.ProposalRef!, (await Store.Refs(Copy, Stop)).Keys);
        Assert.Equal(
            (await Store.Log(Notes, 100, Stop)).Commits.Select(c => (c.Sha, c.Author, c.At, c.Dispatch, c.Launcher)),
            (await Store.Log(Copy, 100, Stop)).Commits.Select(c => (c.Sha, c.Author, c.At, c.Dispatch, c.Launcher)));
        Assert.Equal("user:ada", (await Store.Log(Copy, 1, Stop)).Commits[0].Launcher?.ToString());
        // In a store of its own, from the bucket alone; and it is a workspace like any other.
        var fresh = NewStore("fresh");
        Assert.Equal("trunk\n", Encoding.UTF8.GetString((await fresh.File(Copy, "a/one.md", null, Stop)).Span));
        var agent = await Agent.Clone(fresh, Copy, Path.Combine(Folder, "agent-of-copy"), "d3");
        agent.Write("b.md", "b\n");
        await agent.Commit("t1");
        Assert.Null((await agent.Send(fresh, Copy, "t1")).ProposalRef);
    }

    [Fact]
    public async Task A_foreign_repository_comes_with_its_history_and_without_its_tags()
    {
        await MakeForeign();
        await Git("checkout", "-q", "-b", "topic");
        await CommitFile("topic.md", "topic\n");
        await Git("checkout", "-q", "main");
        await CommitFile("main.md", "main\n");
        await Git("merge", "-q", "--no-ff", "-m", "Merge topic", "topic");
        await Git("tag", "-a", "v1", "-m", "one");
        var imported = await Import(await BundleOf("main", "v1"));

        Assert.Equal((await Git("rev-parse", "main")).Trim(), imported.Tip);
        Assert.Equal(["refs/tags/v1"], imported.LeftOut);
        Assert.Equal(int.Parse(await Git("rev-list", "--count", "main"), System.Globalization.CultureInfo.InvariantCulture), imported.Commits);
        Assert.Equal([Snapshot.Trunk], (await Store.Refs(Copy, Stop)).Keys);
        Assert.Equal("topic\n", Encoding.UTF8.GetString((await Store.File(Copy, "topic.md", null, Stop)).Span));
    }

    [Theory]
    [InlineData("topic")]
    [InlineData("HEAD")]
    public async Task The_one_branch_that_there_is_becomes_the_trunk_whatever_its_name(string name)
    {
        await MakeForeign();
        await Git("branch", "-q", "-M", "topic");
        if (name == "HEAD")
            await Git("checkout", "-q", "--detach");
        Assert.Empty((await Import(await BundleOf(name))).LeftOut);
    }

    [Fact]
    public async Task Merges_of_many_parents_and_commits_of_odd_times_can_be_listed()
    {
        await MakeForeign();
        foreach (var branch in (string[])["b1", "b2", "b3"])
        {
            await Git("checkout", "-q", "-b", branch, "main");
            await CommitFile($"{branch}.md", "x\n");
        }

        await Git("checkout", "-q", "main");
        await Git("merge", "-q", "-m", "Octopus", "b1", "b2", "b3");
        await CommitFile("odd.md", "odd\n", ("GIT_AUTHOR_DATE", "@99999999999 +0000"));
        await Import(await BundleOf("main"));
        var log = await Store.Log(Copy, 100, Stop);

        Assert.Equal(2999, log.Commits[0].At.Year);
        Assert.Equal(3, log.Commits[1].Parents.Count);
        _ = Vexa.Schemas.Contract.Read(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(log, VexaJson.Default.WorkspaceLog), VexaJson.Default.WorkspaceLog);
    }

    [Fact]
    public async Task What_says_that_a_run_made_it_is_believed_of_our_own_commits_only()
    {
        await MakeForeign();
        await CommitFile("a.md", "a\n", message: "Claims\n\nDispatch: d-1\nTurn: t-1\nLauncher: user:ada");
        await Import(await BundleOf("main"));

        Assert.Equal((null, null, null), (await Store.Log(Copy, 1, Stop)).Commits.Select(c => (c.Dispatch?.Value, c.Turn?.Value, c.Launcher?.ToString())).Single());
    }

    [Theory]
    [InlineData("bundle-refused", "100644 blob B\taux/.GIT/hooks/x")]
    [InlineData("bad-path", "100644 blob B\tback\\slash")]
    [InlineData("submodule", "160000 commit C\tmodule")]
    [InlineData("bad-link", "120000 blob L\tlink")]
    public async Task What_no_agent_may_commit_is_refused_wherever_in_the_history_it_is(string rule, string entry)
    {
        await MakeForeign();
        var blob = (await Git("hash-object", "-w", "README.md")).Trim();
        var link = (await GitWith("/etc/passwd", "hash-object", "-w", "--stdin")).Trim();
        var tree = (await GitWith(await Tree(entry.Replace(" B\t", $" {blob}\t", StringComparison.Ordinal).Replace(" L\t", $" {link}\t", StringComparison.Ordinal)
            .Replace(" C\t", $" {(await Git("rev-parse", "main")).Trim()}\t", StringComparison.Ordinal)), "mktree", "--missing", "-z")).Trim();
        var commit = (await Git("commit-tree", tree, "-p", "main", "-m", "Hidden")).Trim();
        // And removed again: who looks at the newest files alone sees nothing of it.
        var clean = (await Git("commit-tree", "main^{tree}", "-p", commit, "-m", "Clean")).Trim();
        await Git("update-ref", "refs/heads/main", clean);

        var refused = await Refused(rule, async () => await Import(await BundleOf("main")));
        Assert.Equal(Party.Caller, refused.Party);
        Assert.False(await Store.Exists(Copy, Stop));
        Assert.DoesNotContain(await Bucket.List("", Stop), key => key.Contains("/copy/", StringComparison.Ordinal));

        async Task<string> Tree(string line)
        {
            // mktree makes one folder at a time.
            while (line.Split('\t') is [var mode, var path] && path.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
            {
                var inner = (await GitWith($"{mode}\t{path[(path.LastIndexOf('/') + 1)..]}\0", "mktree", "--missing", "-z")).Trim();
                line = $"040000 tree {inner}\t{path[..path.LastIndexOf('/')]}";
                _ = slash;
            }

            return line + "\0";
        }
    }

    [Fact]
    public async Task What_is_no_whole_bundle_is_refused_and_says_so()
    {
        await MakeForeign();
        var first = (await Git("rev-parse", "main")).Trim();
        await CommitFile("b.md", "b\n");
        var whole = await BundleOf("main");

        await Refused("bundle-format", () => Import("not a bundle"u8.ToArray()));
        await Refused("bundle-format", () => Import([]));
        await Refused("bundle-refused", () => Import(whole[..^100]));
        await Refused("bundle-incomplete", async () => await Import(await BundleOf($"{first}..main")));
        var flipped = whole.ToArray();
        flipped[^40] ^= 1;
        await Refused("bundle-refused", () => Import(flipped));
        await Git("branch", "one");
        await Git("branch", "two");
        await Refused("bundle-ref", async () => await Import(await BundleOf("one", "two")));
        await Git("tag", "blob", (await Git("hash-object", "-w", "README.md")).Trim());
        await Git("update-ref", "refs/notes/vexa", "refs/tags/blob");
        await Refused("bundle-ref", async () => await Import(await BundleOf("main", "refs/notes/vexa")));
        await Refused("workspace-exists", () => Store.Import(Notes, new MemoryStream(whole), Stop));
        await Store.Shred(Notes, Agent.Subject, Stop);
        await Refused("workspace-shredded", () => Store.Import(Notes, new MemoryStream(whole), Stop));
        Assert.Equal(2, (await Import(whole)).Commits);
    }

    [Fact]
    public async Task More_proposals_than_a_workspace_can_carry_are_refused_and_fewer_come_along()
    {
        await MakeForeign();
        var tip = (await Git("rev-parse", "main")).Trim();
        await GitWith(string.Concat(Enumerable.Range(1, 1999).Select(i => $"create refs/proposals/d.{i} {tip}\n")), "update-ref", "--stdin");
        var many = await BundleOf("--all");
        await GitWith($"create refs/proposals/d.2000 {tip}\n", "update-ref", "--stdin");

        await Refused("bundle-ref", async () => await Import(await BundleOf("--all")));
        await Import(many);
        Assert.Equal(2000, (await Store.Refs(Copy, Stop)).Count);
    }

    [Fact]
    public async Task Its_sizes_are_bounded_for_each_commit_and_as_a_whole()
    {
        await MakeForeign();
        for (var i = 0; i < 6; i++)
            await CommitFile($"{i}.md", new string((char)('a' + i), 600));
        var bundle = await BundleOf("main");

        await Refused("import-too-large", () => NewStore("s1", change: o => o with { LargestImport = 100 }).Import(Copy, new MemoryStream(bundle), Stop));
        await Refused("too-many-commits", () => NewStore("s2", change: o => o with { MostImportedCommits = 6 }).Import(Copy, new MemoryStream(bundle), Stop));
        await Refused("bundle-objects", () => NewStore("s3", change: o => o with { MostImportedObjects = 10 }).Import(Copy, new MemoryStream(bundle), Stop));
        await Refused("file-too-large", () => NewStore("s4", change: o => o with { LargestFile = 500 }).Import(Copy, new MemoryStream(bundle), Stop));
        await Refused("commit-too-large", () => NewStore("s5", change: o => o with { LargestCommit = 500 }).Import(Copy, new MemoryStream(bundle), Stop));
        // All six together are more than one may be, each of them is not.
        Assert.Equal(7, (await NewStore("s6", change: o => o with { LargestCommit = 700, MostFiles = 2 }).Import(Copy, new MemoryStream(bundle), Stop)).Commits);
    }

    private async Task<byte[]> Export(WorkspaceId id)
    {
        using var content = new MemoryStream();
        await Store.Export(id, content, Stop);
        return content.ToArray();
    }

    private async Task<WorkspaceImport> Import(byte[] bundle)
    {
        using var content = new MemoryStream(bundle);
        return await Store.Import(Copy, content, Stop);
    }

    private async Task MakeForeign()
    {
        Directory.CreateDirectory(Foreign);
        await Git("init", "-q", "-b", "main", ".");
        await CommitFile("README.md", "# Foreign\n");
    }

    private async Task CommitFile(string path, string content, (string Name, string Value)? variable = null, string message = "Change")
    {
        await File.WriteAllTextAsync(Path.Combine(Foreign, path), content, Stop);
        await Git("add", "--all", ".");
        await Run(input: null, variable, "commit", "-q", "-m", message);
    }

    private async Task<byte[]> BundleOf(params string[] revisions)
    {
        var file = Path.Combine(Folder, $"{Guid.NewGuid():N}.bundle");
        await Git(["bundle", "create", "-q", file, .. revisions]);
        return await File.ReadAllBytesAsync(file, Stop);
    }

    private Task<string> Git(params string[] arguments) => Run(input: null, variable: null, arguments);

    private Task<string> GitWith(string input, params string[] arguments) => Run(input, variable: null, arguments);

    private async Task<string> Run(string? input, (string Name, string Value)? variable, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-c", "core.protectNTFS=false", "-c", "core.protectHFS=false", "-c", "user.name=Me", "-c", "user.email=me@example.org", .. arguments])
        {
            WorkingDirectory = Foreign,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        if (variable is var (name, value))
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Stop);
        var errors = process.StandardError.ReadToEndAsync(Stop);
        await process.StandardInput.WriteAsync(input ?? "");
        process.StandardInput.Close();
        await process.WaitForExitAsync(Stop);
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"git {arguments[0]}: {await errors}");
    }
}
