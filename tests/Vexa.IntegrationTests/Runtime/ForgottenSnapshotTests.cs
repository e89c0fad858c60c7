namespace Vexa.IntegrationTests.Runtime;

/// <summary>What a node keeps of a workspace goes when control says that there is no such workspace any more.</summary>
[Collection("runtime")]
public sealed class ForgottenSnapshotTests
{
    [Fact]
    public async Task Unused_snapshots_go_at_once_those_in_use_with_their_last_container_and_others_stay()
    {
        await using var node = await TestNode.Start(NodeKind.Fake);
        node.Repository.CommitFile("notes.md", "old\n");
        await node.RunToEnd("true", node.Mount(AccessMode.Ro));
        node.Repository.CommitFile("notes.md", "new\n");
        var living = node.Spec("sleep 1000", mounts: node.Mount(AccessMode.Rw));
        await node.Create(living);
        node.Role.Snapshots.Forget(Id.Parse<WorkspaceId>("other"));
        Assert.Equal(2, Kept(node).Length);

        node.Role.Snapshots.Forget(Id.Parse<WorkspaceId>("notes"));

        Assert.Equal($"{node.Run}/snapshots/notes/{node.Repository.Commit}", Assert.Single(Kept(node)));
        Assert.Equal(WorkloadState.Running, node.Role.Workloads.Get(living.Id).Status.State);
        await node.Stop(living.Id);
        await node.Role.Workloads.WaitForStop(living.Id, TimeSpan.FromSeconds(10), TestNode.Ct);
        await Drivers.Until.IsTrue(() => Task.FromResult(Kept(node).Length == 0 ? "" : null));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task One_in_use_goes_with_its_container_though_the_role_has_started_anew_meanwhile()
    {
        await using var node = await TestNode.Start(NodeKind.Fake);
        node.Repository.CommitFile("notes.md", "one\n");
        var living = node.Spec("sleep 1000", mounts: node.Mount(AccessMode.Ro));
        await node.Create(living);
        node.Repository.CommitFile("notes.md", "two\n");
        var ending = node.Spec("sleep 1000", mounts: node.Mount(AccessMode.Ro));
        await node.Create(ending);
        node.Role.Snapshots.Forget(Id.Parse<WorkspaceId>("notes"));
        Assert.Equal(2, Kept(node).Length);

        node.Abandon();
        node.Fake[ending.Id].End(0);
        await node.StartRole();
        await Drivers.Until.IsTrue(() => Task.FromResult(Kept(node).Length == 1 ? "" : null));
        Assert.Equal(WorkloadState.Running, node.Role.Workloads.Get(living.Id).Status.State);
        await node.Stop(living.Id);

        await Drivers.Until.IsTrue(() => Task.FromResult(Kept(node).Length == 0 ? "" : null));
        node.AssertNothingLeft();
    }

    private static string[] Kept(TestNode node) => Directory.GetDirectories($"{node.Run}/snapshots/notes");
}
