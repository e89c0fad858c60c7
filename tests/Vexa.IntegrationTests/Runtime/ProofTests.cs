using Microsoft.Extensions.Logging;
using Vexa.Cli.Attack;
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
        // As of a proof that a kill cut short.
        File.WriteAllText($"{node.Run}/canary-proof-runc", "");
        Assert.Equal([$"record {node.Run}/workloads/nobodys", $"socket {node.Run}/door/nobodys", $"canary {node.Run}/canary-proof-runc"], await node.Role.FindOrphans(TestNode.Ct));
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
        var proof = ProofOf(node, new SayingBackend(said), TimeProvider.System);
        var refused = await Assert.ThrowsAsync<VexaException>(() => proof.Require(Isolation.Runc, "agent", TestNode.Ct));
        Assert.Equal((Stage.RuntimeStart, "isolation-unproven"), (refused.Stage, refused.Rule));
        Assert.Contains(wall, refused.Message, StringComparison.Ordinal);
        Assert.Equal("isolation-unproven", (await Assert.ThrowsAsync<VexaException>(() => proof.CheckHealth(TestNode.Ct))).Rule);
    }

    public static TheoryData<string, string> TakenAway => new()
    {
        { "root-user", "user" },
        { "capabilities", "capabilities" },
        { "new-privileges", "new-privileges" },
        { "seccomp", "system-calls" },
        { "writable-root", "root-file-system" },
        { "host-folder", "host-files" },
        { "host-pid", "processes" },
        { "other-network", "network" },
        { "writable-proc", "kernel-settings" },
        { "writable-sys", "kernel-settings" },
        { "no-limits", "file-size-limit process-limit" },
    };

    [Fact]
    public void Each_wall_is_taken_away_once() =>
        Assert.Equal(ProofScript.Walls(Isolation.Runc).Order(StringComparer.Ordinal), TakenAway.SelectMany(row => row.Data.Item2.Split(' ')).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(TakenAway))]
    public async Task A_wall_that_is_taken_away_shows_as_open_and_no_other(string weakness, string walls)
    {
        await using var node = await Start();
        await using var network = await HostProgram.Start(
            ["unshare", "--net", "perl", Repository.Path("attacks", "host", "network.pl"), "7", "vexa-test-none"], new Dictionary<string, string>(), [], "ready", TestNode.Ct);
        var folder = Directory.CreateDirectory($"{node.Run}/weak").FullName;
        var ground = new WeakGround
        {
            Network = $"/proc/{network.Pid}/ns/net",
            EngineSocket = "",
            ForeignDoor = "",
            ForeignWorkspace = "",
            // Where the runtime's own canary lies.
            HostFolder = node.Run,
        };
        var proof = ProofOf(node, new WeakBackend(folder, node.Options.CgroupParent, weakness, ground), TimeProvider.System);

        Assert.Equal(walls, string.Join(' ', await proof.Prove(Isolation.Runc, "agent", TestNode.Ct)));
    }

    [Theory]
    [InlineData("hangs")]
    [InlineData("is refused")]
    public async Task A_removal_that_fails_holds_nobody_up_and_keeps_nothing_else_from_being_put_away(string removal)
    {
        await using var node = await Start();
        var time = new FakeTime();
        var backend = new SayingBackend(FakeBackend.AllHeld);
        var proof = ProofOf(node, backend, time);
        // Its second removal: the first is of what an earlier look may have left.
        backend.Removing = ct => ++backend.Removals < 2 ? Task.CompletedTask
            : removal == "hangs" ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct)
            : throw new VexaException(Stage.RuntimeStart, Party.Operator, "engine-unavailable", "away", "Start it.");

        Assert.Empty(await Within(time, proof.Prove(Isolation.Runc, "agent", TestNode.Ct)));
        Assert.Equal(2, backend.Removals);
        Assert.Contains("proof-runc: its container could not be removed", Assert.Single(node.Log.Entries, entry => entry.Contains("could not be removed", StringComparison.Ordinal)), StringComparison.Ordinal);
        node.AssertNothingLeft();
        Assert.Empty(await node.Role.FindOrphans(TestNode.Ct));

        // What is still there would be in the way: it is put away first, or the caller hears that nobody could look.
        var refused = await Assert.ThrowsAsync<VexaException>(() => Within(time, proof.Require(Isolation.Runc, "agent", TestNode.Ct)));
        Assert.Equal((Stage.RuntimeStart, removal == "hangs" ? "isolation-unproven" : "engine-unavailable"), (refused.Stage, refused.Rule));
        await Within(time, proof.Close());
    }

    [Fact]
    public async Task A_look_that_does_not_end_is_a_start_that_failed()
    {
        await using var node = await Start();
        var time = new FakeTime();
        var proof = ProofOf(node, new SayingBackend(said: null), time);
        var refused = await Assert.ThrowsAsync<VexaException>(() => Within(time, proof.Require(Isolation.Runc, "agent", TestNode.Ct)));
        Assert.Equal((Stage.RuntimeStart, Party.Operator, "isolation-unproven"), (refused.Stage, refused.Party, refused.Rule));
        node.AssertNothingLeft();
    }

    private static IsolationProof ProofOf(TestNode node, IWorkloadBackend backend, TimeProvider time)
    {
        var folder = Vexa.Runtime.RuntimeFolder.Open(node.Run);
        return new IsolationProof(folder, backend, new ImageStore(node.Options.ImagesFolder), new Scratch(folder), time, node.Log.CreateLogger<IsolationProof>());
    }

    // As much of its time as it needs.
    private static async Task<T> Within<T>(FakeTime time, Task<T> task)
    {
        await Within(time, (Task)task);
        return await task;
    }

    private static async Task Within(FakeTime time, Task task)
    {
        await TestNode.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return task.IsCompleted;
        });
        await task;
    }

    /// <summary>Its containers say what the test wants them to, or never end, as those of a node with a fallen wall would.</summary>
    private sealed class SayingBackend(string? said) : IWorkloadBackend
    {
        public int Removals { get; set; }

        public Func<CancellationToken, Task> Removing { get; set; } = _ => Task.CompletedTask;

        public string Name => "saying";

        public Task Check(Isolation isolation, CancellationToken ct) => Task.CompletedTask;

        public Task<BackendContainer> Start(WorkloadPlan plan, CancellationToken ct) => Task.FromResult<BackendContainer>(new Said(said));

        public Task<BackendContainer?> Adopt(WorkloadSpec spec, CancellationToken ct) => Task.FromResult<BackendContainer?>(null);

        public Task Remove(DispatchId id, CancellationToken ct) => Removing(ct);

        public Task<IReadOnlyList<DispatchId>> List(CancellationToken ct) => Task.FromResult<IReadOnlyList<DispatchId>>([]);
    }

    private sealed class Said(string? output) : BackendContainer
    {
        public override Task<ContainerEnd> Ended { get; } =
            output is null ? new TaskCompletionSource<ContainerEnd>().Task : Task.FromResult(new ContainerEnd(0, OutOfMemory: false));

        public override byte[] Output => System.Text.Encoding.UTF8.GetBytes(output ?? "");

        public override Task Terminate() => Task.CompletedTask;

        public override Task Kill() => Task.CompletedTask;
    }
}

[Collection("runtime")]
public sealed class ProofTestsOnGvisor() : ProofTests(NodeKind.Gvisor);

[Collection("runtime")]
public sealed class ProofTestsOnDocker() : ProofTests(NodeKind.Docker);

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
