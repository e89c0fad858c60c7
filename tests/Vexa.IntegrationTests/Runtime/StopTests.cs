using System.ComponentModel;
using Vexa.Runtime.Native;
using Vexa.Runtime.Workloads;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>A stop that was asked for comes, whatever happens on the way.</summary>
[Collection("runtime")]
public sealed class StopTests
{
    [Fact]
    public async Task Signals_that_cannot_be_sent_keep_no_container_from_being_removed()
    {
        await using var node = await TestNode.Start(NodeKind.Fake);
        var spec = node.Spec("trap '' TERM; sleep 1000");
        await node.Create(spec);
        var signals = 0;
        node.Fake[spec.Id].BeforeSignal = () =>
        {
            // Of the two, only the first could not be sent.
            if (signals++ == 0)
                throw new CommandNotStartedException("/usr/bin/runsc", new Win32Exception(11));
        };
        var status = await node.Stop(spec.Id, graceMs: 1);
        Assert.Equal((WorkloadState.Destroyed, StopReason.Cancelled, 137), (status.State, status.StopReason, status.ExitCode));
        Assert.Contains(node.Log.Entries, entry => entry.StartsWith($"{spec.Id}: it could not be signalled", StringComparison.Ordinal));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task What_cannot_be_removed_is_removed_later_and_its_record_with_it()
    {
        await using var node = await TestNode.Start(NodeKind.Fake);
        var spec = node.Spec("sleep 1000", mounts: node.Mount(AccessMode.Rw));
        await node.Create(spec);
        var attempts = 0;
        node.Fake.BeforeRemove = _ =>
        {
            if (attempts++ < 2)
                throw new TimeoutException("The engine is busy.");
        };
        Assert.Equal(WorkloadState.Destroyed, (await node.Stop(spec.Id, graceMs: 1)).State);
        Assert.Equal([$"record {node.Run}/workloads/{spec.Id}"], (await node.Role.FindOrphans(TestNode.Ct)).Where(line => line.StartsWith("record", StringComparison.Ordinal)));
        Assert.Contains(node.Log.Entries, entry => entry.StartsWith($"{spec.Id}: its container could not be removed", StringComparison.Ordinal));

        await TestNode.Until(() => node.Log.Entries.Contains($"{spec.Id}: removed at last"));
        Assert.Empty(await node.Role.FindOrphans(TestNode.Ct));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task What_is_started_again_is_not_removed_for_its_earlier_start()
    {
        await using var node = await TestNode.Start(NodeKind.Fake);
        var spec = node.Spec("sleep 1000");
        node.Neighbours.DoorRefuses = true;
        node.Fake.BeforeRemove = _ => throw new IOException("Device or resource busy");
        Assert.Equal("token-expired", (await Assert.ThrowsAsync<VexaException>(() => node.Create(spec))).Rule);
        node.Neighbours.DoorRefuses = false;
        Assert.Equal("workload-left-over", (await Assert.ThrowsAsync<VexaException>(() => node.Create(spec))).Rule);

        var removals = 0;
        node.Fake.BeforeRemove = _ => removals++;
        Assert.Equal(WorkloadState.Running, (await node.Create(spec)).State);
        Assert.InRange(removals, 1, 2);
        Assert.DoesNotContain(spec.Id, node.Role.Reaper.Owed);
        await node.Stop(spec.Id);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task One_that_did_as_it_was_asked_while_no_role_was_there_was_not_lost()
    {
        await using var node = await TestNode.Start(NodeKind.Fake);
        var spec = node.Spec("trap '' TERM; sleep 1000");
        await node.Create(spec);
        _ = node.Role.Workloads.Stop(spec.Id, new StopRequest(StopReason.IdleTimeout, TimeSpan.FromSeconds(30)));
        await node.Fake[spec.Id].Asked.WaitAsync(TimeSpan.FromSeconds(10), TestNode.Ct);
        node.Abandon();
        node.Fake[spec.Id].End(0);
        await node.StartRole();

        var status = node.Role.Workloads.Get(spec.Id).Status;
        Assert.Equal((WorkloadState.Destroyed, StopReason.IdleTimeout), (status.State, status.StopReason));
        node.AssertNothingLeft();
    }
}
