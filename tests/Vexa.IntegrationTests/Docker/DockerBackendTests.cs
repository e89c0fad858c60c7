using System.Diagnostics;
using Vexa.IntegrationTests.Drivers;
using Vexa.IntegrationTests.Runtime;
using Vexa.Runtime.Docker;
using Vexa.Runtime.Images;

namespace Vexa.IntegrationTests.Docker;

/// <summary>What only containers of an engine can meet: that it goes away, that others use it too, that it has a disk.</summary>
[Collection("runtime")]
public sealed class DockerBackendTests(OwnDocker own) : IClassFixture<OwnDocker>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_that_an_agent_writes_lies_on_the_engines_disk()
    {
        var docker = own.Engine;
        await using var node = await Node(docker);
        var canary = $"canary-{Guid.NewGuid():n}";
        // In two halves, because its arguments do lie there.
        var spec = node.Spec($"x={canary[..20]}; x=${{x}}{canary[20..]}; echo $x; echo $x > /tmp/x; echo $x > /home/agent/x; echo $x > /workspaces/notes/x; echo $x > /dev/shm/x; sleep 60",
            mounts: node.Mount(AccessMode.Rw));
        await node.Create(spec);
        await node.UntilOutput(spec.Id, canary);
        Assert.False(await Lies(canary, docker.Folder));
        // The search bites: its arguments do lie there.
        Assert.True(await Lies(canary[..20], docker.Folder));
        await node.Stop(spec.Id);
        Assert.False(await Lies(canary, docker.Folder));
        await NothingLeft(node, docker);
    }

    [Fact]
    public async Task An_engine_that_is_stopped_and_started_again_ends_its_containers_and_their_ends_are_told()
    {
        var docker = own.Engine;
        await using var node = await Node(docker);
        var obeys = node.Spec("trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done");
        var ignores = node.Spec("echo up; while :; do sleep 0.05; done");
        foreach (var spec in new[] { obeys, ignores })
        {
            await node.Create(spec);
            await node.UntilOutput(spec.Id, "up");
        }

        await docker.Restart();
        Assert.Equal((5, StopReason.Failed), Told(await node.Ended(obeys.Id)));
        Assert.Equal((137, StopReason.Failed), Told(await node.Ended(ignores.Id)));
        Assert.Equal("still works\n", (await node.RunToEnd("echo still works")).Output);
        await NothingLeft(node, docker);
    }

    [Fact]
    public async Task A_container_whose_engine_crashed_is_told_as_it_ended_once_the_engine_is_back()
    {
        var docker = own.Engine;
        await using var node = await Node(docker);
        var lives = node.Spec("echo up; sleep 1000");
        var ends = node.Spec("echo up; sleep 1; exit 6");
        foreach (var spec in new[] { lives, ends })
        {
            await node.Create(spec);
            await node.UntilOutput(spec.Id, "up");
        }

        var process = (await docker.Engine.Containers.Inspect(ends.ContainerName, Ct))!.State.Pid;
        await docker.Kill();
        await TestNode.Until(() => !Directory.Exists($"/proc/{process}"));
        Assert.Equal(WorkloadState.Running, node.Role.Workloads.Get(ends.Id).Status.State);
        await docker.Restart();
        Assert.Equal((6, StopReason.Failed), Told(await node.Ended(ends.Id)));
        Assert.Equal((137, StopReason.Failed), Told(await node.Ended(lives.Id)));
        await NothingLeft(node, docker);
    }

    [Fact]
    public async Task A_start_without_an_engine_says_how_to_mend_it_and_leaves_nothing()
    {
        var docker = own.Engine;
        await using var node = await Node(docker);
        await docker.Stop();
        var spec = node.Spec("echo fine");
        var failure = await Assert.ThrowsAsync<VexaException>(() => node.Create(spec));
        Assert.Equal(("engine-unavailable", Party.Operator), (failure.Rule, failure.Party));
        Assert.Contains(docker.SocketPath, failure.Message, StringComparison.Ordinal);
        Assert.Contains("systemctl start docker", failure.Hint, StringComparison.Ordinal);
        Assert.Equal("engine-unavailable", (await Assert.ThrowsAsync<VexaException>(() => node.Role.Backend.Check(Isolation.Runc, Ct))).Rule);

        await docker.Restart();
        Assert.Equal("fine\n", (await node.RunToEnd(spec)).Output);
        await NothingLeft(node, docker);
    }

    [Fact]
    public async Task What_an_engine_that_died_in_the_middle_of_starts_has_made_is_gone_when_it_is_back()
    {
        var docker = own.Engine;
        await using var node = await Node(docker);
        await node.RunToEnd("true");
        for (var round = 0; round < 4; round++)
        {
            var specs = Enumerable.Range(0, 6).Select(_ => node.Spec("sleep 1000")).ToList();
            var starts = specs.Select(node.Create).ToList();
            // Another moment in each round, so that it dies at another step.
            await Task.Delay(TimeSpan.FromMilliseconds(40 + 60 * round), TimeProvider.System, Ct);
            await docker.Kill();
            foreach (var start in starts)
                if (await Record.ExceptionAsync(() => start.WaitAsync(Bound, Ct)) is { } fault)
                    Assert.Equal("engine-unavailable", Assert.IsType<VexaException>(fault).Rule);

            await docker.Restart();
            foreach (var spec in specs)
                await node.Stop(spec.Id);

            await TestNode.Until(() => Containers(docker) == 0 && !HasCgroup(node));
        }

        Assert.Equal("fine\n", (await node.RunToEnd("echo fine")).Output);
        await TestNode.Until(() => !HasRecord(node));
        Assert.Empty(await node.Role.FindOrphans(Ct));
        await NothingLeft(node, docker);
    }

    [Fact]
    public async Task A_role_that_starts_while_the_engine_is_away_works_as_soon_as_it_is_back()
    {
        var docker = own.Engine;
        await using var node = await Node(docker);
        var spec = node.Spec("echo up; sleep 1000", mounts: node.Mount(AccessMode.Rw));
        await node.Create(spec);
        await node.UntilOutput(spec.Id, "up");
        node.Abandon();
        await docker.Kill();
        await StartRole(node, docker);
        Assert.Equal("engine-unavailable", (await Assert.ThrowsAsync<VexaException>(() => node.Create(node.Spec("true")))).Rule);
        Assert.Equal("engine-unavailable", Assert.Throws<VexaException>(() => node.Role.Workloads.Get(spec.Id)).Rule);

        await docker.Restart();
        await TestNode.Until(() => node.Log.Entries.Contains("what an earlier process has left is taken over"));
        // An engine that comes back after a crash ends what it had begun.
        Assert.Equal(WorkloadState.Destroyed, (await node.Ended(spec.Id)).Status.State);
        Assert.Equal("fine\n", (await node.RunToEnd("echo fine")).Output);
        await NothingLeft(node, docker);
    }

    [Fact]
    public async Task Two_installations_on_one_engine_keep_out_of_each_others_way()
    {
        var docker = await SharedDocker.Get();
        await using var one = await Node(docker);
        await using var other = await Node(docker);
        var theirs = other.Spec("sleep 1000");
        await other.Create(theirs);

        var failure = await Assert.ThrowsAsync<VexaException>(() => one.Create(theirs));
        Assert.Equal("container-name", failure.Rule);
        Assert.Contains($"docker rm -f {theirs.ContainerName}", failure.Hint, StringComparison.Ordinal);
        Assert.Empty(await one.Role.Backend.List(Ct));
        Assert.Equal([theirs.Id], await other.Role.Backend.List(Ct));
        await one.Role.Backend.Remove(theirs.Id, Ct);
        Assert.Equal(WorkloadState.Running, other.Role.Workloads.Get(theirs.Id).Status.State);
        Assert.Equal((137, StopReason.Cancelled), Told(await Stopped(other, theirs.Id)));
        await NothingLeft(one, docker);
        await NothingLeft(other, docker);
    }

    [Fact]
    public async Task What_somebody_else_removes_is_told_as_lost()
    {
        var docker = await SharedDocker.Get();
        await using var node = await Node(docker);
        var spec = node.Spec("sleep 1000");
        await node.Create(spec);
        await docker.Engine.Containers.Remove(spec.ContainerName, Ct);
        var ran = await node.Ended(spec.Id);
        Assert.Contains((ran.Status.ExitCode, ran.Status.StopReason), new (int?, StopReason?)[] { (137, StopReason.Failed), (null, StopReason.Lost) });
        await NothingLeft(node, docker);
    }

    [Fact]
    public async Task An_engine_that_stops_answering_holds_up_nothing_for_ever()
    {
        var docker = own.Engine;
        await using var node = await Node(docker);
        var spec = node.Spec("sleep 1000");
        await node.Create(spec);
        docker.Freeze();
        var stopping = node.Role.Workloads.Stop(spec.Id, new Vexa.Runtime.Workloads.StopRequest(StopReason.Cancelled, TimeSpan.FromMilliseconds(100)));
        var status = await stopping.WaitAsync(TimeSpan.FromSeconds(90), Ct);
        Assert.Equal((WorkloadState.Destroyed, StopReason.Cancelled, (int?)null), (status.State, status.StopReason, status.ExitCode));
        // Its container is there, and so is its record: whoever asks for orphans or removes images has to see it.
        Assert.True(HasRecord(node));
        docker.Thaw();
        await TestNode.Until(() => Containers(docker) == 0 && !HasCgroup(node) && !HasRecord(node));
        // It is told when all of it is gone, so a moment later.
        await TestNode.Until(() => node.Log.Entries.Contains($"{spec.Id}: removed at last"));
        await NothingLeft(node, docker);
    }

    [Fact]
    public async Task Gvisor_is_a_kernel_of_its_own_with_the_door_open()
    {
        var docker = await SharedDocker.Get();
        await using var node = await Node(docker);
        await node.Role.Backend.Check(Isolation.Gvisor, Ct);
        var spec = node.Spec("dmesg 2>/dev/null | grep -m1 -o gVisor; perl -MIO::Socket::UNIX -e 'print IO::Socket::UNIX->new(\"/run/vexa/door.sock\")->getline'; cat /run/vexa/token/token; exit 4") with
        {
            Isolation = Isolation.Gvisor,
        };
        var ran = await node.RunToEnd(spec);
        Assert.StartsWith("gVisor\nhello uid ", ran.Output, StringComparison.Ordinal);
        Assert.EndsWith("dispatch-token", ran.Output, StringComparison.Ordinal);
        Assert.Equal((4, StopReason.Failed), Told(ran));
        await NothingLeft(node, docker);
    }

    [Fact]
    public async Task An_image_is_loaded_once_by_many_and_again_where_somebody_removed_it()
    {
        var docker = own.Engine;
        await using var node = await Node(docker);
        var specs = Enumerable.Range(0, 4).Select(i => node.Spec($"echo {i}")).ToList();
        // Whatever another test has left of it.
        await docker.Engine.Images.Remove(ImageTag.Of(new ImageStore(TestImage.Cache).Open("agent")), Ct);
        await Task.WhenAll(specs.Select(node.RunToEnd));
        Assert.Single(node.Log.Entries, e => e.Contains("is loaded into the engine", StringComparison.Ordinal));

        var tag = ImageTag.Of(new ImageStore(TestImage.Cache).Open("agent"));
        Assert.True(await docker.Engine.Images.Remove(tag, Ct));
        Assert.Equal("again\n", (await node.RunToEnd("echo again")).Output);
        Assert.Equal(2, node.Log.Entries.Count(e => e.Contains("is loaded into the engine", StringComparison.Ordinal)));
        Assert.NotNull(await docker.Engine.Images.Find(tag, Ct));
        await NothingLeft(node, docker);
    }

    private static bool HasRecord(TestNode node) => Directory.EnumerateFileSystemEntries($"{node.Run}/workloads").Any();

    private static bool HasCgroup(TestNode node) => Vexa.Runtime.Oci.Cgroup.Folders(node.Options.CgroupParent).Any(folder => Directory.EnumerateDirectories(folder).Any());

    private static async Task<TestNode> Node(RunningDocker docker)
    {
        // With this engine instead of the one that all share.
        var node = await TestNode.Start(NodeKind.Docker);
        await node.Role.Close();
        node.Forget();
        await StartRole(node, docker);
        return node;
    }

    private static Task StartRole(TestNode node, RunningDocker docker) => node.StartRole(node.Options with { DockerHost = docker.Address });

    private static async Task NothingLeft(TestNode node, RunningDocker docker)
    {
        node.AssertNothingLeft();
        Assert.DoesNotContain(await docker.Engine.Containers.List($"vexa.owner={node.Run}", Ct), _ => true);
    }

    private static int Containers(RunningDocker docker) => docker.Containers().GetAwaiter().GetResult().Count;

    private static async Task<Ran> Stopped(TestNode node, DispatchId id)
    {
        await node.Stop(id);
        return await node.Ended(id);
    }

    private static (int? ExitCode, StopReason? Reason) Told(Ran ran) => (ran.Status.ExitCode, ran.Status.StopReason);

    private static async Task<bool> Lies(string text, string folder)
    {
        using var grep = Process.Start(new ProcessStartInfo("grep", ["-rqsF", "--exclude-dir=merged", "--", text, folder]))!;
        await grep.WaitForExitAsync(Ct);
        return grep.ExitCode == 0;
    }
}

/// <summary>An engine that the tests of a class may stop, kill and freeze, as long as they leave it running.</summary>
public sealed class OwnDocker : IAsyncLifetime
{
    internal RunningDocker Engine { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Engine = await RunningDocker.Start();

    public ValueTask DisposeAsync() => Engine is null ? ValueTask.CompletedTask : Engine.DisposeAsync();
}
