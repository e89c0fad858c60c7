using Microsoft.Extensions.Logging;
using Vexa.Runtime.Images;
using Vexa.Runtime.Mounts;
using Vexa.Runtime.Proof;
using Vexa.Runtime.Workloads;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>The runtime looks at its own walls, and sees where one does not stand.</summary>
public abstract class ProofTests(NodeKind kind) : NodeTests(kind)
{
    private Isolation Isolation => IsGvisor ? Isolation.Gvisor : Isolation.Runc;

    [Fact]
    public async Task Every_wall_stands_and_the_look_leaves_nothing()
    {
        await using var node = await Start();
        Assert.Empty(await node.Role.Proof.Prove(Isolation, "agent", TestNode.Ct));
        await node.Role.Proof.Require(Isolation, "agent", TestNode.Ct);
        Assert.Empty(await node.Role.FindOrphans(TestNode.Ct));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task Orphans_are_found_and_what_lives_is_none()
    {
        await using var node = await Start();
        var living = node.Spec("sleep 60", mounts: node.Mount(AccessMode.Rw));
        await node.Create(living);
        Assert.Empty(await node.Role.FindOrphans(TestNode.Ct));

        Directory.CreateDirectory($"{node.Run}/workloads/nobodys");
        Directory.CreateDirectory($"{node.Run}/door/nobodys");
        Assert.Equal([$"record {node.Run}/workloads/nobodys", $"socket {node.Run}/door/nobodys"], await node.Role.FindOrphans(TestNode.Ct));
        node.Abandon();
        await node.StartRole();
        Assert.Empty(await node.Role.FindOrphans(TestNode.Ct));
    }
}

[Collection("runtime")]
public sealed class ProofTestsOnRunc() : ProofTests(NodeKind.Runc)
{
    [Theory]
    [InlineData("capabilities=open", "capabilities")]
    [InlineData("capabilities=held\ncapabilities=open", "capabilities")]
    [InlineData("", "capabilities")]
    public async Task Behind_a_wall_that_does_not_stand_nothing_is_started(string said, string wall)
    {
        await using var node = await Start();
        var (folder, images) = (Vexa.Runtime.RuntimeFolder.Open(node.Run), new ImageStore(node.Options.ImagesFolder));
        var proof = new IsolationProof(folder, new SayingBackend(said), images, new Scratch(folder), TimeProvider.System, node.Log.CreateLogger<IsolationProof>());
        var refused = await Assert.ThrowsAsync<VexaException>(() => proof.Require(Isolation.Runc, "agent", TestNode.Ct));
        Assert.Equal((Stage.RuntimeStart, "isolation-unproven"), (refused.Stage, refused.Rule));
        Assert.Contains(wall, refused.Message, StringComparison.Ordinal);
        Assert.Equal("isolation-unproven", (await Assert.ThrowsAsync<VexaException>(() => proof.CheckHealth(TestNode.Ct))).Rule);
    }

    /// <summary>Its containers say what the test wants them to, as those of a node with a fallen wall would.</summary>
    private sealed class SayingBackend(string said) : IWorkloadBackend
    {
        public string Name => "saying";

        public Task Check(Isolation isolation, CancellationToken ct) => Task.CompletedTask;

        public Task<BackendContainer> Start(WorkloadPlan plan, CancellationToken ct) => Task.FromResult<BackendContainer>(new Said(said));

        public Task<BackendContainer?> Adopt(WorkloadSpec spec, CancellationToken ct) => Task.FromResult<BackendContainer?>(null);

        public Task Remove(DispatchId id, CancellationToken ct) => Task.CompletedTask;

        public Task<IReadOnlyList<DispatchId>> List(CancellationToken ct) => Task.FromResult<IReadOnlyList<DispatchId>>([]);
    }

    private sealed class Said(string output) : BackendContainer
    {
        public override Task<ContainerEnd> Ended => Task.FromResult(new ContainerEnd(0, OutOfMemory: false));

        public override byte[] Output => System.Text.Encoding.UTF8.GetBytes(output);

        public override Task Terminate() => Task.CompletedTask;

        public override Task Kill() => Task.CompletedTask;
    }
}

[Collection("runtime")]
public sealed class ProofTestsOnGvisor() : ProofTests(NodeKind.Gvisor);

[Collection("runtime")]
public sealed class ProofTestsOnDocker() : ProofTests(NodeKind.Docker);
