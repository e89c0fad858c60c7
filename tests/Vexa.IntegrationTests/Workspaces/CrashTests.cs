using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>
/// The writer is killed at each call to the bucket in turn, at each moment of it. Whoever comes then finds the state before or the one after,
/// whole; and the same call again comes to where it would have come without the crash.
/// </summary>
public sealed class CrashTests : WorkspaceFixture
{
    private static readonly WorkspaceId Plans = Id.Parse<WorkspaceId>("plans");
    private static readonly FixedClock Clock = new();
    private static readonly string Forgotten = $"workspaces/notes/bundles/{new string('0', 64)}";
    private int _copies;

    [Theory]
    [InlineData("a new workspace", 4)]
    [InlineData("an import", 4)]
    [InlineData("a commit on the tip", 4)]
    [InlineData("a push", 4)]
    [InlineData("a commit that is merged", 4)]
    [InlineData("a commit that conflicts", 4)]
    [InlineData("an undo", 4)]
    [InlineData("a note", 4)]
    [InlineData("a commit that makes many bundles one", 12)]
    [InlineData("a tidying up", 8)]
    [InlineData("a rotation of the keys", 6)]
    [InlineData("a shredding", 6)]
    public async Task It_is_as_it_was_or_as_it_was_to_be(string operation, int leastCalls)
    {
        var installation = new Installation(Path.Combine(Folder, "before"), mostBundles: operation == "a commit that makes many bundles one" ? 2 : 64);
        var run = await Prepare(operation, installation);
        var before = await State(installation);
        var straight = Copy(installation);
        await straight.Open(straight.Bucket, async store => await run(store));
        var after = await State(straight);
        // These are for what lies in the bucket, not for what a reader finds.
        Assert.Equal(operation is "a tidying up" or "a rotation of the keys", before == after);
        await RequireDone(operation, straight, installation);

        foreach (var moment in Enum.GetValues<Moment>())
        {
            var call = 1;
            for (var crashed = true; crashed; call++)
            {
                var victim = Copy(installation);
                var bucket = new CrashingBucket(victim.Bucket);
                await victim.Open(bucket, async store =>
                {
                    bucket.Arm(call, moment);
                    // A step that may fail is told to the log, and so it may end well all the same.
                    var ended = await Record.ExceptionAsync(() => run(store));
                    Assert.True(ended is null or OperationCanceledException, $"{operation}, call {call}, {moment}: {ended}");
                });
                crashed = bucket.Crashed;

                Assert.Contains(await State(victim), new[] { before, after });
                await victim.Open(victim.Bucket, async store => await run(store));
                Assert.Equal(after, await State(victim));
                await RequireDone(operation, victim, installation);
                Directory.Delete(victim.Folder, recursive: true);
            }

            Assert.True(call - 2 >= leastCalls, $"{operation} makes {call - 2} calls");
        }
    }

    // What is done to the workspace. It is called again after a crash.
    private async Task<Func<WorkspaceStore, Task>> Prepare(string operation, Installation installation)
    {
        Agent one = null!, two = null!;
        byte[] first = [], second = [];
        var landed = "";
        await installation.Open(installation.Bucket, async store =>
        {
            await store.Create(Notes, new Dictionary<string, string> { ["README.md"] = "# Notes\n", ["a.md"] = "one\ntwo\nthree\n" }, Agent.Subject, Stop);
            (one, two) = (await NewAgent("d1", store), await NewAgent("d2", store));
            one.Write("a.md", "ONE\ntwo\nthree\n");
            two.Write(operation == "a commit that is merged" ? "b.md" : "a.md", "uno\ntwo\nthree\n");
            landed = operation == "a push" ? await one.CommitAsPerson("Mine") : await one.Commit("t1");
            await two.Commit("t1");
            (first, second) = (operation == "an import" ? await one.Bundle("refs/heads/main") : await one.Bundle(), await two.Bundle());
            if (operation is not ("a commit on the tip" or "a push" or "an import"))
                await one.Send(store, Notes, "t1", first);
        });
        if (operation == "a tidying up")
            await installation.Bucket.Put(Forgotten, "A crash left it."u8.ToArray(), PutCondition.CreateOnly, Stop);

        return operation switch
        {
            "a new workspace" => async store =>
            {
                if (!await store.Exists(Plans, Stop))
                    await store.Create(Plans, new Dictionary<string, string> { ["p.md"] = "p\n" }, Agent.Subject, Stop);
            }
            ,
            "an import" => async store =>
            {
                if (!await store.Exists(Plans, Stop))
                    await store.Import(Plans, new MemoryStream(first), Stop);
            }
            ,
            // Who pushes again looks first where the trunk is.
            "a push" => async store =>
            {
                if (await store.Tip(Notes, Stop) != landed)
                    await one.Push(store, Notes);
            }
            ,
            "a tidying up" => store => store.Collect(Notes, Stop),
            "a commit on the tip" => store => one.Send(store, Notes, "t1", first),
            "a commit that is merged" or "a commit that conflicts" => store => two.Send(store, Notes, "t1", second),
            "a commit that makes many bundles one" => async store =>
            {
                await two.Send(store, Notes, "t1", second);
                await store.Settled();
            }
            ,
            "an undo" => store => store.Undo(Notes, [landed], Agent.Subject, Stop),
            "a note" => store => store.AddNote(Notes, landed, _ => "a receipt", Stop),
            "a rotation of the keys" => async store =>
            {
                while ((await store.RotateKeys(Stop)).Remaining > 0)
                {
                }
            }
            ,
            "a shredding" => store => store.Shred(Notes, Agent.Subject, Stop),
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        };
    }

    // What no reader notices.
    private static async Task RequireDone(string operation, Installation done, Installation before)
    {
        if (operation == "a tidying up")
        {
            using var opened = await done.OpenBucket(done.Bucket);
            Assert.Equal([Assert.Single((await ReadManifest(opened)).Bundles).Key], await opened.List("workspaces/notes/bundles/", Stop));
            Assert.Empty(await opened.List("unnamed/", Stop));
        }

        if (operation == "a rotation of the keys")
            Assert.NotEqual(await KeyOfAll(before), await KeyOfAll(done));
    }

    // Fails where not all is under the current one.
    private static async Task<string> KeyOfAll(Installation installation)
    {
        using var opened = await installation.OpenBucket(installation.Bucket);
        Assert.Equal([opened.Keys.CurrentKeyId, opened.Keys.CurrentKeyId], [await opened.RecordsKeyId(Stop), WorkspaceKeys.KeyId(await ReadManifest(opened))]);
        return opened.Keys.CurrentKeyId;
    }

    private static async Task<Manifest> ReadManifest(SealedBucket bucket) => (await new Records(bucket).Read("workspaces/notes/manifest", VexaJson.Default.Manifest, Stop))!.Value;

    /// <summary>What a process finds that never saw this bucket: every ref, after all that it names was read and checked.</summary>
    private async Task<string> State(Installation installation)
    {
        var state = new List<string>();
        await installation.Open(installation.Bucket, async store =>
        {
            foreach (var workspace in (WorkspaceId[])[Notes, Plans])
                try
                {
                    state.AddRange((await store.Refs(workspace, Stop)).OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{workspace} {r.Key} {r.Value}"));
                    await RequireWhole(store, workspace, Path.Combine(installation.Folder, $"whole-{_copies++}"));
                }
                catch (VexaException gone) when (gone.Rule is "unknown-workspace" or "workspace-shredded")
                {
                    state.Add($"{workspace} {gone.Rule}");
                }
        }, cache: $"fresh-{_copies++}");
        return string.Join('\n', state);
    }

    private static async Task RequireWhole(WorkspaceStore store, WorkspaceId workspace, string folder)
    {
        var bundle = $"{folder}.bundle";
        await using (var file = File.Create(bundle))
            await store.Export(workspace, file, Stop);

        await Git("init", "-q", "--bare", folder);
        await Git("--git-dir", folder, "fetch", "-q", bundle, "refs/*:refs/*");
        await Git("--git-dir", folder, "fsck", "--strict", "--full", "--no-dangling");
    }

    private static async Task Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardError = true })!;
        var errors = await git.StandardError.ReadToEndAsync(Stop);
        await git.WaitForExitAsync(Stop);
        Assert.True(git.ExitCode == 0, errors);
    }

    private Installation Copy(Installation of)
    {
        var folder = Path.Combine(Folder, $"copy-{_copies++}");
        foreach (var part in (string[])["bucket", "keys"])
            CopyFolder(Path.Combine(of.Folder, part), Path.Combine(folder, part));

        return new Installation(folder, of.MostBundles);
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.EnumerateDirectories(from))
            CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
    }

    /// <summary>A bucket, its keys, and the unpacked copy that lives longer than a process.</summary>
    private sealed class Installation(string folder, int mostBundles)
    {
        public int MostBundles => mostBundles;

        public string Folder => folder;

        public FolderBucket Bucket { get; } = new(Path.Combine(folder, "bucket"));

        /// <summary>A process, until it ends.</summary>
        public async Task Open(IBucket bucket, Func<WorkspaceStore, Task> work, string cache = "git")
        {
            using var opened = await OpenBucket(bucket);
            // Nobody else is about to name anything.
            var options = new WorkspaceOptions { CacheFolder = Path.Combine(folder, cache), MostBundles = mostBundles, UnnamedFor = TimeSpan.Zero };
            await using var store = new WorkspaceStore(opened, options, Clock, NullLogger<WorkspaceStore>.Instance);
            await work(store);
        }

        public Task<SealedBucket> OpenBucket(IBucket bucket) => SealedBucket.Open(bucket, new SealingOptions { KeyFile = Path.Combine(folder, "keys", "seal.keys") }, Clock, Stop);
    }

    // So that the same merge twice is the same commit.
    private sealed class FixedClock : TimeProvider
    {
        // No earlier than what the agents commit meanwhile, by the clock on the wall.
        private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(10);

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
