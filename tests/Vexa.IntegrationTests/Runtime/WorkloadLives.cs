using Vexa.Runtime.Images;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;
using Vexa.Runtime.Workloads;

namespace Vexa.IntegrationTests.Runtime;

public abstract class WorkloadLives(NodeKind kind) : NodeTests(kind)
{
    [Theory]
    [InlineData("exit 0", 0, StopReason.Completed)]
    [InlineData("exit 7", 7, StopReason.Failed)]
    [InlineData("sleep 30 & kill -9 $!; exit 3", 3, StopReason.Failed)]
    public async Task The_exit_code_and_the_reason_are_truthful(string script, int exitCode, StopReason reason)
    {
        await using var node = await Start();
        var status = (await node.RunToEnd(script)).Status;
        Assert.Equal((exitCode, reason, WorkloadState.Destroyed, Backend, "test"), (status.ExitCode, status.StopReason, status.State, status.Backend, status.Node));
        Assert.True(status.StoppedAt >= status.StartedAt);
        Assert.Equal(
            [$"{status.Id}: Starting", $"{status.Id}: Running", $"{status.Id}: Stopped (reason {reason}, exit code {exitCode})", $"{status.Id}: Destroyed (reason {reason}, exit code {exitCode})"],
            node.Log.Entries.Where(e => e.StartsWith(status.Id.Value, StringComparison.Ordinal)));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task Creating_a_live_or_ended_id_again_returns_it_and_runs_nothing_twice()
    {
        await using var node = await Start();
        var spec = node.Spec("echo ran; sleep 60");
        var both = await Task.WhenAll(node.Create(spec), node.Create(spec));
        Assert.All(both, s => Assert.Equal(WorkloadState.Running, s.State));
        await node.UntilOutput(spec.Id, "ran");
        await node.Stop(spec.Id);

        var again = await node.Create(spec);
        Assert.Equal((WorkloadState.Destroyed, StopReason.Cancelled), (again.State, again.StopReason));
        Assert.Equal("ran\n", (await node.Ended(spec.Id)).Output);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task A_door_that_is_away_at_the_end_leaves_no_socket_at_which_it_would_listen_again()
    {
        await using var node = await Start();
        node.Neighbours.DoorIsAway = true;
        var status = (await node.RunToEnd("exit 0")).Status;

        Assert.Equal(WorkloadState.Destroyed, status.State);
        Assert.Equal($"{status.Id}: its listener could not be removed: The door of this node does not answer.", Assert.Single(node.Log.Entries, e => e.Contains("could not", StringComparison.Ordinal)));
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{node.Run}/door"));
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{node.Run}/workloads"));
    }

    [Fact]
    public async Task The_same_id_with_another_spec_is_a_conflict()
    {
        await using var node = await Start();
        var spec = node.Spec("sleep 60");
        await node.Create(spec);
        var failure = await Assert.ThrowsAsync<VexaException>(() => node.Create(spec with { Argv = ["/bin/true"] }));
        Assert.Equal(("workload-conflict", 409), (failure.Rule, failure.Status));
        Assert.Equal(WorkloadState.Running, node.Role.Workloads.Get(spec.Id).Status.State);
    }

    [Fact]
    public async Task Stop_ends_a_process_tree_that_ignores_signals()
    {
        NeedsKernel();
        await using var node = await Start();
        var spec = node.Spec("trap '' TERM INT HUP; (trap '' TERM; setsid sh -c \"trap '' TERM; sleep 1000\" & sleep 1000) & echo up; while :; do sleep 1000; done");
        await node.Create(spec);
        await node.UntilOutput(spec.Id, "up");
        await TestNode.Until(() => node.ProcessesOf(spec.Id).Count >= 3);
        var processes = node.ProcessesOf(spec.Id);

        var status = await node.Stop(spec.Id);
        Assert.Equal((WorkloadState.Destroyed, StopReason.Cancelled, 137), (status.State, status.StopReason, status.ExitCode));
        Assert.All(processes, pid => Assert.False(Directory.Exists($"/proc/{pid}")));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task Stop_lets_a_process_end_by_itself_within_its_grace()
    {
        await using var node = await Start();
        var spec = node.Spec("trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.05; done");
        await node.Create(spec);
        await node.UntilOutput(spec.Id, "up");
        var status = await node.Stop(spec.Id, graceMs: 10_000);
        Assert.Equal((5, StopReason.Cancelled), (status.ExitCode, status.StopReason));
        Assert.EndsWith("bye\n", (await node.Ended(spec.Id)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_that_lands_while_it_starts_is_not_lost()
    {
        await using var node = await Start();
        var arrived = new TaskCompletionSource();
        var go = new ManualResetEventSlim();
        node.Neighbours.Serve("slow", commit =>
        {
            arrived.SetResult();
            go.Wait(TimeSpan.FromSeconds(20));
            return node.Repository.Bundle(commit);
        });
        var spec = node.Spec("sleep 60", mounts: node.Mount(AccessMode.Ro, "slow"));
        var creating = node.Create(spec);
        await arrived.Task;
        var status = await node.Stop(spec.Id);
        go.Set();
        Assert.Equal((WorkloadState.Destroyed, StopReason.Cancelled), (status.State, status.StopReason));
        Assert.Equal("stopped-while-starting", (await Assert.ThrowsAsync<VexaException>(() => creating)).Rule);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task Too_many_processes_are_refused_and_the_node_stays_usable()
    {
        NeedsKernel();
        await using var node = await Start();
        var spec = node.Spec("perl -e 'my $n = 0; while ($n < 1000) { my $p = fork; if (!defined $p) { print \"$!\\n\"; last } if (!$p) { sleep 100; exit } $n++ } print $n < 64 ? \"bounded\\n\" : \"free\\n\"'");
        var ran = await node.RunToEnd(spec);
        // gVisor's sandbox hits the same limit with its own threads, and ends with all that is in it.
        Assert.Equal(IsGvisor ? "" : "Resource temporarily unavailable\nbounded\n", ran.Output);
        Assert.True(!IsGvisor || ran.Status.StopReason == StopReason.Failed);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task Too_much_memory_ends_as_oom()
    {
        await using var node = await Start();
        var spec = node.Spec("exec perl -e '$x = \"x\" x (1 << 30); print length $x'", l => l with { MemoryMb = 48 });
        var status = (await node.RunToEnd(spec)).Status;
        Assert.Equal((137, StopReason.Oom), (status.ExitCode, status.StopReason));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task A_process_that_ran_out_of_memory_and_was_survived_is_not_why_it_ends()
    {
        Assert.SkipWhen(IsGvisor, "Its sandbox is one process of the host's, which ends with all that is in it.");
        NeedsKernel();
        await using var node = await Start();
        var spec = node.Spec("exec 2>/dev/null; perl -e '$x = \"x\" x (1 << 30)'; echo $?; exit 3", l => l with { MemoryMb = 48 });
        var ran = await node.RunToEnd(spec);
        Assert.Equal((3, StopReason.Failed, "137\n"), (ran.Status.ExitCode, ran.Status.StopReason, ran.Output));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task Half_a_processor_is_half_a_processor()
    {
        NeedsKernel();
        await using var node = await Start();
        var spec = node.Spec("exec perl -e '1 while 1'", l => l with { Cpu = 0.5 });
        await node.Create(spec);
        await TestNode.Until(() => node.ProcessorTime(spec.Id) > TimeSpan.FromMilliseconds(200));
        var (since, before) = (TimeProvider.System.GetTimestamp(), node.ProcessorTime(spec.Id));
        await TestNode.Until(() => node.ProcessorTime(spec.Id) - before > TimeSpan.FromSeconds(1));
        var (used, elapsed) = (node.ProcessorTime(spec.Id) - before, TimeProvider.System.GetElapsedTime(since));

        // A busy machine gives it less, nothing gives it more. Where it had its share, the kernel says that it held it back.
        Assert.InRange(used / elapsed, 0.02, 0.65);
        Assert.True(used / elapsed < 0.48 || node.TimesThrottled(spec.Id) > 0, "It was never held back.");
    }

    [Fact]
    public async Task Files_without_content_are_bounded_too_wherever_it_may_write()
    {
        NeedsKernel();
        await using var node = await Start();
        const string Flood = """
            exec perl -e 'for my $d (@ARGV) { my $n = 0; while ($n < 20000) { open(my $f, ">", "$d/e$n") or last; close $f; $n++ } print "$d ", $n > 500 && $n <= 2048 ? "bounded" : $n, " ", $n < 20000 ? "$!" : "", "\n" }'
            """;
        string[] folders = IsGvisor ? ["/workspaces/notes"] : ["/tmp", "/home/agent", "/workspaces/notes"];
        var ran = await node.RunToEnd($"{Flood} {string.Join(' ', folders)}", node.Mount(AccessMode.Rw));
        Assert.Equal(string.Concat(folders.Select(folder => $"{folder} bounded No space left on device\n")), ran.Output);
        if (IsGvisor)
        {
            // Its own kernel counts no files, but keeps them in the container's memory, and not in the node's.
            var endless = node.Spec("exec perl -e 'while (1) { open(my $f, \">\", \"/tmp/e\" . $n++) }'", l => l with { MemoryMb = 64 });
            Assert.Equal(StopReason.Oom, (await node.RunToEnd(endless)).Status.StopReason);
        }

        node.AssertNothingLeft();
    }

    [Fact]
    public async Task What_stays_though_nobody_waits_for_it_is_ended_also_by_the_next_role()
    {
        await using var node = await Start();
        var idle = node.Spec("trap '' TERM; sleep 1000", l => l with { IdleSeconds = 1 });
        var busy = node.Spec("trap '' TERM; sleep 1000", l => l with { IdleSeconds = 1 });
        await node.Create(idle);
        await node.Create(busy);
        Assert.True(node.Role.Workloads.Get(idle.Id).SetIdle(true));
        Assert.True(node.Role.Workloads.Get(busy.Id).SetIdle(true));
        Assert.True(node.Role.Workloads.Get(busy.Id).SetIdle(false));
        node.Abandon();
        await node.StartRole();

        var status = (await node.Ended(idle.Id)).Status;
        Assert.Equal(StopReason.IdleTimeout, status.StopReason);
        Assert.InRange(status.StoppedAt!.Value - status.StartedAt!.Value, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(20));
        Assert.False(node.Role.Workloads.Get(idle.Id).SetIdle(false));
        Assert.Equal(WorkloadState.Running, node.Role.Workloads.Get(busy.Id).Status.State);
        await node.Stop(busy.Id);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task What_happens_is_numbered_without_a_gap_also_across_roles()
    {
        await using var node = await Start();
        var spec = node.Spec("sleep 1000");
        node.Neighbours.DoorRefuses = true;
        await Assert.ThrowsAsync<VexaException>(() => node.Create(spec));
        node.Neighbours.DoorRefuses = false;
        await node.Create(spec);
        node.Abandon();
        await node.StartRole();
        node.Abandon();
        await node.StartRole();
        await node.Stop(spec.Id);

        var events = node.Role.Workloads.Events.Of(spec.Id);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(seq => (long)seq), events.Select(happened => happened.Seq));
        Assert.Equal(
            [
                WorkloadState.Starting, WorkloadState.Stopped, WorkloadState.Destroyed, WorkloadState.Starting, WorkloadState.Running, WorkloadState.Running,
                WorkloadState.Running, WorkloadState.Stopping, WorkloadState.Stopped, WorkloadState.Destroyed,
            ], events.Select(happened => happened.State));
        Assert.Equal(StopReason.Cancelled, events[^1].StopReason);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task A_record_that_was_cut_in_the_middle_keeps_no_role_from_starting()
    {
        await using var node = await Start();
        var spec = node.Spec("sleep 1000");
        await node.Create(spec);
        node.Abandon();
        await File.AppendAllTextAsync($"{node.Run}/workloads/{spec.Id}/events.ndjson", "{\"id\":\"d-1\",\"se", TestNode.Ct);
        await node.StartRole();

        Assert.Contains(node.Log.Entries, entry => entry.StartsWith($"{spec.Id}: its record cannot be read", StringComparison.Ordinal));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task The_deadline_ends_it()
    {
        await using var node = await Start();
        var status = (await node.RunToEnd(node.Spec("sleep 1000", l => l with { WallSeconds = 1 }))).Status;
        Assert.Equal(StopReason.Deadline, status.StopReason);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task A_flood_of_output_is_bounded_and_others_are_served()
    {
        await using var node = await Start();
        var flood = node.Spec("exec cat /dev/zero");
        await node.Create(flood);
        var other = await node.RunToEnd("echo other; exit 2");
        Assert.Equal((2, "other\n"), (other.Status.ExitCode, other.Output));
        await TestNode.Until(() => node.Role.Workloads.Get(flood.Id).Output.Length == OutputRing.Capacity);
        await node.Stop(flood.Id, graceMs: 100);
        Assert.Equal(OutputRing.Capacity, node.Role.Workloads.Get(flood.Id).Output.Length);
        var noisy = await node.RunToEnd("head -c 3000000 /dev/zero | tr '\\0' 'x'; echo; echo last");
        Assert.EndsWith("xx\nlast\n", noisy.Output, StringComparison.Ordinal);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task What_cannot_be_started_says_why_and_leaves_nothing()
    {
        await using var node = await Start();
        await Fails(node.Spec("true") with { Image = "nowhere" }, "image-missing", "./vexa image build");
        await Fails(node.Spec("true") with { Argv = ["/opt/vexa/vexa-worker"] }, "container-start", "./vexa image build");
        await Fails(node.Spec("true", mounts: node.Mount(AccessMode.Ro, "unknown")), "unknown-workspace", "Create it");
        node.Neighbours.DoorRefuses = true;
        await Fails(node.Spec("true"), "token-expired", "Get a new one");
        node.AssertNothingLeft();

        // What was mended can be tried again under its own id.
        var spec = node.Spec("echo fine");
        await Fails(spec, "token-expired", "Get a new one");
        node.Neighbours.DoorRefuses = false;
        Assert.Equal("fine\n", (await node.RunToEnd(spec)).Output);
        node.AssertNothingLeft();

        async Task Fails(WorkloadSpec spec, string rule, string hint)
        {
            var failure = await Assert.ThrowsAsync<VexaException>(() => node.Create(spec));
            Assert.Equal(rule, failure.Rule);
            Assert.Contains(hint, failure.Hint, StringComparison.Ordinal);
            Assert.Equal((WorkloadState.Destroyed, StopReason.StartFailed), (node.Role.Workloads.Get(spec.Id).Status.State, node.Role.Workloads.Get(spec.Id).Status.StopReason));
        }
    }

    [Fact]
    public async Task After_a_kill_of_the_role_the_next_one_takes_over_what_lives_and_buries_what_died()
    {
        await using var node = await Start();
        var living = node.Spec("echo before; while [ ! -e /run/vexa/go ]; do sleep 0.05; done; echo after; exit 9", mounts: node.Mount(AccessMode.Rw));
        var dying = node.Spec("sleep 1000");
        await node.Create(living);
        await node.Create(dying);
        await node.UntilOutput(living.Id, "before");
        node.Abandon();
        await node.KillProcessesOf(dying.Id);
        await node.StartRole();

        var statuses = node.Role.Workloads.List().ToDictionary(s => s.Id);
        Assert.Equal(WorkloadState.Running, statuses[living.Id].State);
        Assert.Equal((WorkloadState.Destroyed, StopReason.Lost), (statuses[dying.Id].State, statuses[dying.Id].StopReason));
        Assert.Equal(WorkloadState.Running, (await node.Create(living)).State);
        Assert.Equal(1, node.Neighbours.Bundles);

        await File.WriteAllTextAsync($"{node.Run}/door/{living.Id}/go", "", TestNode.Ct);
        var ran = await node.Ended(living.Id);
        Assert.Equal((9, StopReason.Failed, "after\n"), (ran.Status.ExitCode, ran.Status.StopReason, ran.Output));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task A_stop_outlives_the_role_that_was_asked_for_it()
    {
        await using var node = await Start();
        var spec = node.Spec("trap '' TERM; sleep 1000", l => l with { WallSeconds = 3600 });
        await node.Create(spec);
        _ = node.Role.Workloads.Stop(spec.Id, new StopRequest(StopReason.Completed, TimeSpan.FromSeconds(1)));
        await TestNode.Until(() => node.Role.Workloads.Get(spec.Id).Status.State == WorkloadState.Stopping);
        node.Abandon();
        await node.StartRole();

        var status = (await node.Ended(spec.Id)).Status;
        Assert.Equal(StopReason.Completed, status.StopReason);
        Assert.DoesNotContain(WorkloadState.Running, node.Role.Workloads.Events.Of(spec.Id).SkipWhile(happened => happened.State != WorkloadState.Stopping).Select(happened => happened.State));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task A_container_can_write_while_no_role_is_there()
    {
        Assert.SkipWhen(Backend == "docker", "an engine without a log, which would lie on a disk, keeps nothing that nobody reads");
        await using var node = await Start();
        var spec = node.Spec("echo up; while [ ! -e /run/vexa/go ]; do sleep 0.02; done; head -c 30000 /dev/zero | tr '\\0' y; echo written; sleep 1000");
        await node.Create(spec);
        await node.UntilOutput(spec.Id, "up");
        node.Abandon();
        await File.WriteAllTextAsync($"{node.Run}/door/{spec.Id}/go", "", TestNode.Ct);
        await node.StartRole();
        await node.UntilOutput(spec.Id, "written");
        await node.Stop(spec.Id);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task What_a_start_that_was_cut_short_left_is_removed()
    {
        await using var node = await Start();
        node.Abandon();
        Directory.CreateDirectory($"{node.Run}/workloads/half-made/bundle");
        Directory.CreateDirectory($"{node.Run}/scratch/half-mounted");
        Libc.Mount("x", $"{node.Run}/scratch/half-mounted", "tmpfs", MountFlags.None, "size=1m");
        if (Backend == "oci")
            Directory.CreateDirectory($"{node.Run}/engines/runc/vexa-agent-half-run");
        Directory.CreateDirectory($"{node.Run}/snapshots/notes/.half-fetched/x");
        await node.StartRole();
        node.AssertNothingLeft();
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{node.Run}/snapshots/notes"));
    }

    [Fact]
    public async Task Closing_the_role_stops_everything_and_leaves_nothing()
    {
        await using var node = await Start();
        for (var i = 0; i < 3; i++)
            await node.Create(node.Spec("trap '' TERM; sleep 1000", mounts: node.Mount(AccessMode.Rw)));

        await node.Role.Close();
        Assert.All(node.Role.Workloads.List(), s => Assert.Equal((WorkloadState.Destroyed, StopReason.Cancelled), (s.State, s.StopReason)));
        Assert.Empty(MountTable.At(node.Run));
        Assert.Empty(Cgroup.Folders(node.Options.CgroupParent));
        Assert.Equal("shutting-down", (await Assert.ThrowsAsync<VexaException>(() => node.Create(node.Spec("true")))).Rule);
    }

    [Fact]
    public async Task A_runtime_folder_behind_a_symbolic_link_is_cleaned_all_the_same()
    {
        await using var node = await Start();
        await node.Role.Close();
        var link = node.Run + "-l";
        Directory.CreateSymbolicLink(link, node.Run);
        try
        {
            await node.StartRole(node.Options with { RunFolder = link });
            Assert.Equal("first\n", (await node.RunToEnd("cat /workspaces/notes/notes.md", node.Mount(AccessMode.Rw))).Output);
            node.AssertNothingLeft();
        }
        finally
        {
            File.Delete(link);
        }
    }

    [Fact]
    public async Task A_new_worker_lies_beside_the_old_one_which_running_containers_keep()
    {
        await using var node = await Start();
        var images = Directory.CreateTempSubdirectory("vexa-images-").FullName;
        var published = Directory.CreateTempSubdirectory("vexa-worker-").FullName;
        try
        {
            // The same base, by hard links: only the worker is built here.
            var known = await TestImage.Get(TestNode.Ct);
            Directory.CreateDirectory($"{images}/agent/layers");
            Directory.CreateSymbolicLink($"{images}/agent/layers/{known.Base}", $"{TestImage.Cache}/agent/layers/{known.Base}");
            var first = await Publish("old");
            var second = await Publish("new");
            Assert.Equal((first.Base, true), (second.Base, first.Worker != second.Worker && first.Digest != second.Digest));
            Assert.Equal(second, await Publish("new"));
            Assert.Equal("#!/bin/sh\necho old\n", File.ReadAllText($"{images}/agent/layers/{first.Worker}/vexa-worker"));
            Assert.Equal((UnixFileMode)0x1ED, File.GetUnixFileMode($"{images}/agent/layers/{second.Worker}/vexa-worker"));
        }
        finally
        {
            Directory.Delete(images, recursive: true);
            Directory.Delete(published, recursive: true);
        }

        async Task<ImageRecord> Publish(string text)
        {
            File.WriteAllText($"{published}/vexa-worker", $"#!/bin/sh\necho {text}\n");
            File.SetUnixFileMode($"{published}/vexa-worker", (UnixFileMode)0x1C0); // 0700
            return await new ImageBuilder(TestImage.Sources(images, published), TimeProvider.System).Build(progress: null, TestNode.Ct);
        }
    }
}

[Collection("runtime")]
public sealed class WorkloadLivesOnRunc() : WorkloadLives(NodeKind.Runc);

[Collection("runtime")]
public sealed class WorkloadLivesOnGvisor() : WorkloadLives(NodeKind.Gvisor);

[Collection("runtime")]
public sealed class WorkloadLivesOnDocker() : WorkloadLives(NodeKind.Docker);

[Collection("runtime")]
public sealed class WorkloadLivesOnFake() : WorkloadLives(NodeKind.Fake);
