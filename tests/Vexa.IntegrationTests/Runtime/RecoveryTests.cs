namespace Vexa.IntegrationTests.Runtime;

/// <summary>A role that starts while what runs its containers is away.</summary>
[Collection("runtime")]
public sealed class RecoveryTests
{
    private static readonly VexaException Away = new(Stage.RuntimeStart, Party.Operator, "engine-unavailable", "No engine listens.", "Start it.");

    [Fact]
    public async Task It_starts_says_what_is_wrong_and_takes_over_when_the_engine_is_back()
    {
        await using var node = await TestNode.Start(NodeKind.Fake);
        var (living, ended) = (node.Spec("sleep 1000", mounts: node.Mount(AccessMode.Rw)), node.Spec("sleep 1000"));
        await node.Create(living);
        await node.Create(ended);
        node.Abandon();
        node.Fake[ended.Id].End(0);
        node.Fake.Away = Away;
        await node.StartRole();

        Assert.Equal("engine-unavailable", (await Assert.ThrowsAsync<VexaException>(() => node.Create(node.Spec("true")))).Rule);
        // Nobody is told that it is not known, which would mean that it has ended.
        Assert.Equal("engine-unavailable", Assert.Throws<VexaException>(() => node.Role.Workloads.Get(living.Id)).Rule);
        Assert.Equal("engine-unavailable", Assert.Throws<VexaException>(() => node.Role.Workloads.List()).Rule);
        Assert.Equal("engine-unavailable", Assert.Throws<VexaException>(() => node.Role.Workloads.RequireRoom("ann")).Rule);
        Assert.Contains(living.Id, node.Fake.Known);

        node.Fake.Away = null;
        await TestNode.Until(() => node.Log.Entries.Contains("what an earlier process has left is taken over"));
        Assert.Equal(WorkloadState.Running, node.Role.Workloads.Get(living.Id).Status.State);
        Assert.Equal((WorkloadState.Destroyed, StopReason.Lost), (node.Role.Workloads.Get(ended.Id).Status.State, node.Role.Workloads.Get(ended.Id).Status.StopReason));
        Assert.Equal("unknown-workload", Assert.Throws<VexaException>(() => node.Role.Workloads.Get(Id.Parse<DispatchId>("nobody"))).Rule);
        await node.Stop(living.Id);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task One_that_ends_before_the_engine_is_back_leaves_all_to_the_next()
    {
        await using var node = await TestNode.Start(NodeKind.Fake);
        var living = node.Spec("sleep 1000", mounts: node.Mount(AccessMode.Rw));
        await node.Create(living);
        node.Abandon();
        node.Fake.Away = Away;
        await node.StartRole();
        await node.Role.Close();
        node.Forget();
        Assert.False(node.Fake[living.Id].Asked.IsCompleted);

        node.Fake.Away = null;
        await node.StartRole();
        Assert.Equal(WorkloadState.Running, node.Role.Workloads.Get(living.Id).Status.State);
        await node.Stop(living.Id);
        node.AssertNothingLeft();
    }
}
