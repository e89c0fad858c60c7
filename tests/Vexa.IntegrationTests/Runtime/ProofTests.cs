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
        var reaper = new Reaper((_, _) => Task.FromResult<IReadOnlyList<Leftover>>([]), TimeProvider.System, node.Log.CreateLogger<Reaper>());
        var proof = new IsolationProof(folder, new FakeBackend { ProofSays = said }, images, new Scratch(folder), reaper, TimeProvider.System, node.Log.CreateLogger<IsolationProof>());
        var refused = await Assert.ThrowsAsync<VexaException>(() => proof.Require(Isolation.Runc, "agent", TestNode.Ct));
        Assert.Equal((Stage.RuntimeStart, "isolation-unproven"), (refused.Stage, refused.Rule));
        Assert.Contains(wall, refused.Message, StringComparison.Ordinal);
        Assert.Equal("isolation-unproven", (await Assert.ThrowsAsync<VexaException>(() => proof.CheckHealth(TestNode.Ct))).Rule);
    }

}

[Collection("runtime")]
public sealed class HourlyProofTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public async Task Walls_of_an_image_that_was_built_later_are_proven_on_its_first_use_and_every_hour()
    {
        await using var node = await TestNode.Start(NodeKind.Fake, _time);
        await node.Role.Close();
        node.Forget();
        var images = Directory.CreateTempSubdirectory("vexa-images-").FullName;
        try
        {
            await node.StartRole(node.Options with { ImagesFolder = images });
            var proofs = 0;
            node.Fake.BeforeStart = _ => Task.FromResult(Interlocked.Increment(ref proofs));
            node.Role.BeginProof();
            Directory.CreateSymbolicLink($"{images}/agent", $"{TestImage.Cache}/agent");
            await node.Role.Proof.Require(Isolation.Runc, "agent", TestNode.Ct);
            Assert.Equal(1, proofs);

            _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
            await node.Role.Proof.Require(Isolation.Runc, "agent", TestNode.Ct);
            Assert.Equal(1, proofs);
            for (var hour = 1; hour <= 2; hour++)
            {
                _time.Advance(hour == 1 ? TimeSpan.FromTicks(1) : TimeSpan.FromHours(1));
                await TestNode.Until(() => proofs == 1 + hour && !node.Role.Proof.UnderWay.Any());
            }
        }
        finally
        {
            Directory.Delete(images, recursive: true);
        }
    }

    [Fact]
    public async Task A_wall_that_falls_while_the_role_runs_is_seen_within_the_hour()
    {
        await using var node = await TestNode.Start(NodeKind.Fake, _time);
        node.Role.BeginProof();
        await node.Role.Proof.Require(Isolation.Runc, "agent", TestNode.Ct);
        node.Fake.ProofSays = "capabilities=open";
        await node.Role.Proof.Require(Isolation.Runc, "agent", TestNode.Ct);
        await node.Role.Proof.CheckHealth(TestNode.Ct);

        _time.Advance(TimeSpan.FromHours(1));
        await TestNode.Until(() => node.Log.Entries.Any(entry => entry.StartsWith("the walls of Runc do not stand", StringComparison.Ordinal)));
        Assert.Equal("isolation-unproven", (await Assert.ThrowsAsync<VexaException>(() => node.Role.Proof.CheckHealth(TestNode.Ct))).Rule);
        Assert.Equal("isolation-unproven", (await Assert.ThrowsAsync<VexaException>(() => node.Role.Proof.Require(Isolation.Runc, "agent", TestNode.Ct))).Rule);
    }
}

[Collection("runtime")]
public sealed class ProofTestsOnGvisor() : ProofTests(NodeKind.Gvisor);

[Collection("runtime")]
public sealed class ProofTestsOnDocker() : ProofTests(NodeKind.Docker);
