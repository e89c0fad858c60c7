namespace Vexa.IntegrationTests.Runtime;

/// <summary>What happens when the memory that is kept for snapshots is full.</summary>
[Collection("runtime")]
public sealed class SnapshotRoomTests
{
    [Fact]
    public async Task Snapshots_that_nobody_uses_make_room_for_one_that_somebody_does_the_oldest_first()
    {
        await using var node = await Node();
        node.Repository.CommitFile("notes.md", "small\n");
        var small = node.Repository.Commit;
        await node.RunToEnd("true", node.Mount(AccessMode.Ro));
        var large = new List<string>();
        for (var turn = 0; turn < 3; turn++)
        {
            large.Add(CommitLarge(node, megabytes: 24));
            Assert.Equal(StopReason.Completed, (await node.RunToEnd("true", node.Mount(AccessMode.Rw))).Status.StopReason);
            // So that it is never the oldest.
            await node.RunToEnd("true", node.Mount(AccessMode.Ro, commit: small));
        }

        // Two fit beside it.
        Assert.Single(node.Log.Entries, entry => entry.StartsWith("1 unused snapshots removed", StringComparison.Ordinal));
        Assert.Equal(new[] { small, large[1], large[2] }.Order(), Directory.GetDirectories($"{node.Run}/snapshots/notes").Select(path => Path.GetFileName(path)).Order());
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task One_that_is_in_use_stays_and_whoever_finds_no_room_is_told_what_helps()
    {
        await using var node = await Node();
        CommitLarge(node, megabytes: 40);
        var first = node.Spec("sleep 1000", mounts: node.Mount(AccessMode.Rw));
        await node.Create(first);
        CommitLarge(node, megabytes: 40);
        var second = node.Spec("true", mounts: node.Mount(AccessMode.Rw));
        var failure = await Assert.ThrowsAsync<VexaException>(() => node.Create(second));
        Assert.Equal((Stage.WorkspaceOpen, "workspace-open"), (failure.Stage, failure.Rule));
        Assert.Contains("in use", failure.Message, StringComparison.Ordinal);
        Assert.Contains("vexa cancel", failure.Hint, StringComparison.Ordinal);
        Assert.Equal(WorkloadState.Running, node.Role.Workloads.Get(first.Id).Status.State);
        Assert.Single(Directory.GetDirectories($"{node.Run}/snapshots/notes"));

        // As the hint says.
        await node.Stop(first.Id);
        Assert.Equal(StopReason.Completed, (await node.RunToEnd(second)).Status.StopReason);
        node.AssertNothingLeft();
    }

    private static async Task<TestNode> Node()
    {
        var node = await TestNode.Start(NodeKind.Fake);
        await node.Role.Close();
        node.Forget();
        await node.StartRole(node.Options with { SnapshotsMb = 64, UnusedSnapshots = 8 });
        return node;
    }

    // Small on its way, and of its size in the work tree.
    private static string CommitLarge(TestNode node, int megabytes) => node.Repository.CommitFile("large", Guid.NewGuid() + new string('x', megabytes << 20));
}
