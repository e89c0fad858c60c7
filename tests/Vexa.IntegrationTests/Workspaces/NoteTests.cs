using Vexa.Cli.Commands;
using Vexa.Identity;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

public sealed class NoteTests : WorkspaceFixture
{
    private const string Ref = "refs/notes/vexa";

    [Fact]
    public async Task A_note_is_in_the_bucket_and_git_shows_it()
    {
        var agent = await Land("d1", "one.md");
        await Store.AddNote(Notes, agent.Commit, tree => $"tree {tree}\n", Stop);

        var clone = await Clone(NewStore("other-machine"));
        Assert.Contains($"tree {(await clone.Git("rev-parse", agent.Commit + "^{tree}")).Trim()}", await clone.Git("log", "-1", $"--notes={Ref}", agent.Commit), StringComparison.Ordinal);
        Assert.Equal(3, (await ReadManifest()).Generation);
        Assert.Equal(agent.Commit, await Store.Tip(Notes, Stop));
    }

    [Fact]
    public async Task A_commit_never_gets_a_second_note()
    {
        var agent = await Land("d1", "one.md");
        await Store.AddNote(Notes, agent.Commit, _ => "first\n", Stop);
        var generation = (await ReadManifest()).Generation;

        await Store.AddNote(Notes, agent.Commit, _ => "second\n", Stop);
        await NewStore("after-a-crash").AddNote(Notes, agent.Commit, _ => "third\n", Stop);

        Assert.Equal(generation, (await ReadManifest()).Generation);
        Assert.Equal("first", (await (await Clone(Store)).Git("notes", "--ref", Ref, "show", agent.Commit)).Trim());
    }

    [Fact]
    public async Task Notes_of_many_at_once_are_all_there_and_the_workspace_moves_less_often()
    {
        var commits = new List<string>();
        for (var i = 0; i < 12; i++)
            commits.Add((await Land($"d{i}", $"{i}.md")).Commit);
        var generation = (await ReadManifest()).Generation;
        var stores = new[] { Store, NewStore("second") };

        await Task.WhenAll(commits.Select((commit, i) => Task.Run(() => stores[i % 2].AddNote(Notes, commit, _ => $"note {i}\n", Stop))));

        var clone = await Clone(Store);
        for (var i = 0; i < commits.Count; i++)
            Assert.Equal($"note {i}", (await clone.Git("notes", "--ref", Ref, "show", commits[i])).Trim());
        Assert.True((await ReadManifest()).Generation < generation + commits.Count);
    }

    [Fact]
    public async Task Notes_survive_when_many_bundles_become_one()
    {
        var store = NewStore("compacting", change: o => o with { MostBundles = 4 });
        var commits = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            commits.Add((await Land($"d{i}", $"{i}.md", store)).Commit);
            await store.AddNote(Notes, commits[i], _ => $"note {i}\n", Stop);
        }

        Assert.True((await ReadManifest()).Bundles.Count < 6);
        var clone = await Clone(NewStore("other-machine"));
        for (var i = 0; i < commits.Count; i++)
            Assert.Equal($"note {i}", (await clone.Git("notes", "--ref", Ref, "show", commits[i])).Trim());
    }

    [Fact]
    public async Task A_note_for_a_commit_that_is_not_there_is_refused()
    {
        var unknown = await Assert.ThrowsAsync<VexaException>(() => Store.AddNote(Notes, new string('a', 40), _ => "x\n", Stop));
        Assert.Equal("unknown-commit", unknown.Rule);
    }

    [Fact]
    public async Task Notes_that_cannot_be_written_keep_no_other_from_its_commit()
    {
        var commits = new List<string>();
        for (var i = 0; i < 3; i++)
            commits.Add((await Land($"d{i}", $"{i}.md")).Commit);
        var (held, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var store = await NewStoreOn(new ScriptedBucket(Bucket)
        {
            BeforePut = key => key.EndsWith("/manifest", StringComparison.Ordinal) && held.TrySetResult() ? goOn.Task : Task.CompletedTask,
        }, "held");
        var first = store.AddNote(Notes, commits[0], _ => "note 0\n", Stop);
        await held.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);

        // These wait together.
        var (good, unknown, broken) = (store.AddNote(Notes, commits[1], _ => "note 1\n", Stop), store.AddNote(Notes, new string('a', 40), _ => "x\n", Stop),
            store.AddNote(Notes, commits[2], _ => throw new InvalidOperationException("no key"), Stop));
        goOn.SetResult();
        await Task.WhenAll(first, good);
        await Refused("unknown-commit", () => unknown);
        await Assert.ThrowsAsync<InvalidOperationException>(() => broken);

        var clone = await Clone(Store);
        for (var i = 0; i < 2; i++)
            Assert.Equal($"note {i}", (await clone.Git("notes", "--ref", Ref, "show", commits[i])).Trim());
    }

    [Fact]
    public async Task What_was_exported_is_verified_with_public_keys_alone_and_says_why_not()
    {
        var keys = Path.Combine(Folder, "keys");
        using var key = SigningKey.LoadOrCreate(keys);
        var good = await Land("d1", "one.md");
        await Store.AddNote(Notes, good.Commit, tree => Signed(key, good.Commit, tree), Stop);
        var moved = await Land("d2", "two.md");
        await Store.AddNote(Notes, moved.Commit, tree => Signed(key, good.Commit, tree), Stop);
        var flipped = await Land("d3", "three.md");
        await Store.AddNote(Notes, flipped.Commit, tree => Flip(Signed(key, flipped.Commit, tree)), Stop);
        using var other = SigningKey.Ephemeral();
        var strange = await Land("d4", "four.md");
        await Store.AddNote(Notes, strange.Commit, tree => Signed(other, strange.Commit, tree), Stop);
        var bare = await Land("d5", "five.md");
        var (bundle, onlyPublic) = (await Export(Store), Path.Combine(Folder, "public"));
        Directory.CreateDirectory(onlyPublic);
        File.Copy(Path.Combine(keys, KeySet.ReceiptsFileName), Path.Combine(onlyPublic, KeySet.ReceiptsFileName));

        Assert.Equal(ExitCodes.Ok, await Verify(good.Commit, bundle, onlyPublic));
        Assert.Equal(ExitCodes.Ok, await Verify(good.Commit[..12], bundle, onlyPublic, "--workspace", "notes", "--json"));
        Assert.Equal(ExitCodes.Failed, await Verify(good.Commit, bundle, onlyPublic, "--workspace", "other"));
        foreach (var bad in (string[])[moved.Commit, flipped.Commit, strange.Commit, bare.Commit, new string('a', 40)])
            Assert.Equal(ExitCodes.Failed, await Verify(bad, bundle, onlyPublic));
        Assert.Equal(ExitCodes.Usage, await Verify(good.Commit, Path.Combine(Folder, "nowhere"), onlyPublic));
        Assert.Equal(ExitCodes.Usage, await Verify(good.Commit, bundle, Folder));
    }

    private static Task<int> Verify(string commit, string from, string keys, params string[] more) =>
        CommandTree.Create().Run(["verify", commit, "--from", from, "--keys", keys, .. more]);

    private static string Signed(SigningKey key, string commit, string tree) => new ReceiptSigner(key).Sign(new Receipt
    {
        Iss = "vexa",
        Aud = Audience.Receipt,
        Sub = "ada",
        Act = new Actor("user:ada"),
        Iat = 1772442904,
        Dispatch = Id.Parse<DispatchId>("d1"),
        Turn = Id.Parse<TurnId>("t1"),
        Workspaces = [new WorkspaceAccess(Notes, AccessMode.Rw)],
        Tools = [],
        Workspace = Notes,
        Commit = commit,
        Tree = tree,
        Runner = Id.Parse<RunnerName>("claude-code"),
        Models = ["m"],
        InputTokens = 1,
        OutputTokens = 2,
        ToolCalls = 0,
        ToolCallsSha256 = new string('0', 64),
    }) + "\n";

    // In the middle of what was signed.
    private static string Flip(string note) => note[..200] + (note[200] == 'A' ? 'B' : 'A') + note[201..];

    private async Task<(Agent Agent, string Commit)> Land(string dispatch, string file, WorkspaceStore? store = null)
    {
        var agent = await NewAgent(dispatch, store);
        agent.Write(file, "x\n");
        await agent.Commit("t1");
        return (agent, (await agent.Send(store ?? Store, Notes, "t1")).Sha);
    }

    private async Task<string> Export(WorkspaceStore store)
    {
        var bundle = Path.Combine(Folder, "export.bundle");
        await using var file = File.Create(bundle);
        await store.Export(Notes, file, Stop);
        return bundle;
    }

    private async Task<Agent> Clone(WorkspaceStore store)
    {
        var clone = await NewAgent("reader", store);
        await clone.Git("fetch", "-q", await Export(store), $"{Ref}:{Ref}");
        return clone;
    }
}
