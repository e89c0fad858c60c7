namespace Vexa.IntegrationTests.Runtime;

public abstract class WorkspaceMounts(NodeKind kind) : NodeTests(kind)
{
    [Fact]
    public async Task A_read_only_workspace_cannot_be_written_in_any_way()
    {
        await using var node = await Start();
        var ran = await node.RunToEnd(
            """
            cd /workspaces/notes; cat notes.md; ./run.sh; git status --porcelain; git log --format=%s
            for c in 'echo x > notes.md' 'touch new' 'rm notes.md' 'mv notes.md b' 'ln notes.md c' 'chmod 777 notes.md' 'echo x > .git/config' 'echo x > /proc/self/cwd/notes.md'; do
                sh -c "$c" 2>&1 | grep -o 'Read-only file system' || echo "DONE: $c"
            done
            """, node.Mount(AccessMode.Ro));
        Assert.Equal("first\nran\nfirst\n" + string.Concat(Enumerable.Repeat("Read-only file system\n", 8)), ran.Output);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task A_writable_workspace_is_private_and_a_commit_can_be_made_in_it()
    {
        await using var node = await Start();
        const string Work =
            """
            cd /workspaces/notes; git branch --show-current; echo second >> notes.md; git add -A
            git -c user.name=a -c user.email=a@a commit -q -m second && git status --porcelain && git log --format=%s
            git bundle create -q /tmp/b HEAD^..main && git bundle verify -q /tmp/b 2>/dev/null && echo bundled
            """;
        var first = await node.RunToEnd(Work, node.Mount(AccessMode.Rw));
        Assert.Equal("main\nsecond\nfirst\nbundled\n", first.Output);
        var second = await node.RunToEnd("cd /workspaces/notes; cat notes.md; git log --format=%s", node.Mount(AccessMode.Rw));
        Assert.Equal("first\nfirst\n", second.Output);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task Dispatches_that_want_the_same_new_snapshot_at_once_make_it_once()
    {
        await using var node = await Start();
        var specs = Enumerable.Range(0, 6).Select(i => node.Spec("cat /workspaces/notes/notes.md", mounts: node.Mount(i % 2 == 0 ? AccessMode.Ro : AccessMode.Rw))).ToList();
        var ran = await Task.WhenAll(specs.Select(node.RunToEnd));
        Assert.All(ran, r => Assert.Equal("first\n", r.Output));
        Assert.Equal(1, node.Neighbours.Bundles);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task Unused_snapshots_are_removed_beyond_the_last_few()
    {
        await using var node = await Start();
        for (var i = 0; i < 5; i++)
        {
            node.Repository.CommitFile("notes.md", $"version {i}\n");
            Assert.Equal($"version {i}\n", (await node.RunToEnd("cat /workspaces/notes/notes.md", node.Mount(AccessMode.Ro))).Output);
        }

        Assert.Equal(2, Directory.GetDirectories($"{node.Run}/snapshots/notes").Length);
    }

    [Fact]
    public async Task What_a_dispatch_writes_is_limited_in_size_everywhere()
    {
        await using var node = await Start();
        var ran = await node.RunToEnd(
            """
            for f in /tmp/x /home/agent/x /workspaces/notes/x /dev/shm/x; do
                head -c 80000000 /dev/zero 2>/dev/null | cat > $f 2>/tmp/err; grep -o 'No space left' /tmp/err || echo 'No space left'; wc -c < $f; rm $f
            done
            """, node.Mount(AccessMode.Rw));
        var sizes = ran.Output.Split('\n').Where(l => l.All(char.IsAsciiDigit) && l.Length > 0).Select(long.Parse).ToList();
        Assert.Equal(4, sizes.Count);
        Assert.All(sizes.Take(3), size => Assert.InRange(size, 1, 8 * 1024 * 1024));
        Assert.InRange(sizes[3], 1, 64 * 1024 * 1024);
    }

    [Fact]
    public async Task A_bundle_with_another_commit_or_garbage_is_refused_and_leaves_nothing()
    {
        await using var node = await Start();
        var other = node.Repository.Commit;
        node.Repository.CommitFile("notes.md", "newer\n");
        node.Neighbours.Serve("swapped", _ => node.Repository.Bundle(other));
        node.Neighbours.Serve("garbage", _ => "not a bundle\n\n"u8.ToArray());
        node.Neighbours.Serve("cut", commit => node.Repository.Bundle(commit)[..^30]);
        foreach (var workspace in new[] { "swapped", "garbage", "cut" })
        {
            var newest = node.Repository.CommitFile("notes.md", workspace);
            var failure = await Assert.ThrowsAsync<VexaException>(() => node.Create(node.Spec("true", mounts: node.Mount(AccessMode.Ro, workspace, newest))));
            Assert.Equal((Stage.WorkspaceOpen, "workspace-open"), (failure.Stage, failure.Rule));
        }

        node.AssertNothingLeft();
        Assert.Empty(Directory.EnumerateDirectories($"{node.Run}/snapshots").SelectMany(Directory.EnumerateFileSystemEntries));
    }
}

[Collection("runtime")]
public sealed class WorkspaceMountsOnRunc() : WorkspaceMounts(NodeKind.Runc);

[Collection("runtime")]
public sealed class WorkspaceMountsOnGvisor() : WorkspaceMounts(NodeKind.Gvisor);

[Collection("runtime")]
public sealed class WorkspaceMountsOnDocker() : WorkspaceMounts(NodeKind.Docker);
