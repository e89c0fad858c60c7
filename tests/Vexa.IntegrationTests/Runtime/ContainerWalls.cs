using System.Globalization;
using Vexa.Runtime.Oci;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>What an agent sees of its container, looked for from inside, as the agent.</summary>
public abstract class ContainerWalls(NodeKind kind) : NodeTests(kind)
{
    [Fact]
    public async Task The_agent_is_a_plain_user_without_any_privilege()
    {
        await using var node = await Start();
        var ran = await node.RunToEnd("id -u; id -g; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; find / -xdev -type f -perm /6000 2>/dev/null; pwd; echo $HOME");
        // gVisor tells of fewer; there no privilege would be one of the host's.
        var onlyOnTheHostsKernel = IsGvisor ? "" : "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n";
        Assert.Equal(
            "10001\n10001\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"
            + onlyOnTheHostsKernel + "/home/agent\n/home/agent\n", IsGvisor ? ran.Output.Replace("Seccomp:\t0\n", "", StringComparison.Ordinal) : ran.Output);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task There_is_no_network_but_loopback_and_no_resolver()
    {
        await using var node = await Start();
        var ran = await node.RunToEnd(
            """
            sed -n 's/^ *\([a-z0-9]*\):.*/\1/p' /proc/net/dev; cat /etc/hosts; grep nameserver /etc/resolv.conf 2>/dev/null
            getent hosts example.com || echo unresolved
            perl -MSocket -e 'socket(my $s, AF_INET, SOCK_STREAM, 0); connect($s, pack_sockaddr_in(80, inet_aton("1.1.1.1"))) or print "$!\n"'
            perl -MSocket -e 'socket(my $l, AF_INET, SOCK_STREAM, 0); bind($l, pack_sockaddr_in(8080, INADDR_LOOPBACK)); listen($l, 1);
                socket(my $s, AF_INET, SOCK_STREAM, 0); print connect($s, pack_sockaddr_in(8080, INADDR_LOOPBACK)) ? "loopback works\n" : "$!\n"'
            """);
        Assert.Equal($"lo\n127.0.0.1 localhost\n::1 localhost\nunresolved\n{(IsGvisor ? "No route to host" : "Network is unreachable")}\nloopback works\n", ran.Output);
    }

    // fcntl(2): what may not be written at once is refused where O_NONBLOCK is set, and few programs try again.
    [Fact]
    public async Task Both_outputs_let_a_program_wait_until_they_are_read()
    {
        const int NonBlocking = 0x800;
        await using var node = await Start();
        for (var start = 0; start < 4; start++)
        {
            var told = await node.RunToEnd("sed -n 's/^flags:[[:space:]]*//p' /proc/self/fdinfo/1 /proc/self/fdinfo/2");
            var flags = told.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(octal => Convert.ToInt32(octal, 8)).ToList();
            Assert.Equal(2, flags.Count);
            Assert.DoesNotContain(flags, flag => (flag & NonBlocking) != 0);
        }
    }

    [Fact]
    public async Task Nothing_but_its_own_folders_can_be_written()
    {
        await using var node = await Start();
        var ran = await node.RunToEnd(
            """
            for f in /x /etc/x /opt/x /run/x /run/vexa/x /run/vexa/token/x /workspaces/x /usr/bin/sh /sys/x /sys/kernel/uevent_helper /proc/sys/kernel/core_pattern /proc/sysrq-trigger /dev/x; do
                sh -c "echo x > $f" 2>&1 | sed 's/.*: //'
            done
            echo x > /tmp/x && echo x > /home/agent/x && cp /bin/true /tmp/true && /tmp/true && echo written
            """);
        var lines = ran.Output.Trim().Split('\n');
        Assert.Equal(("written", 14), (lines[^1], lines.Length));
        Assert.Empty(lines[..^1].Except(["Read-only file system", "Permission denied", "Directory nonexistent"]));
        // gVisor asks for the permission first.
        Assert.Equal(IsGvisor ? 0 : 8, lines.TakeWhile(line => line == "Read-only file system").Take(8).Count());
    }

    [Fact]
    public async Task It_sees_only_its_own_processes_devices_and_descriptors()
    {
        await using var node = await Start();
        var ran = await node.RunToEnd(
            """
            cd /proc; echo [0-9]*; hostname; (cd /dev; echo *) | sed 's/ core / /; s/ mqueue / /; s/ net / /; s/ fuse / /'
            for f in /proc/self/fd/*; do [ -d $f ] && echo leaked $(readlink $f); done
            grep -c vexa /proc/self/cgroup; cat /proc/kcore 2>/dev/null | wc -c; echo /sys/fs/*/* /sys/firmware/*
            for f in /var/run/docker.sock /run/containerd /var/run/secrets; do [ -e $f ] && echo reachable $f; done; true
            """);
        Assert.Equal(
            $"1\nvexa-agent-d1-{Path.GetFileName(node.Run)}\nfd full null ptmx pts random shm stderr stdin stdout tty urandom zero\n0\n0\n/sys/fs/*/* /sys/firmware/*\n", ran.Output);
    }

    [Fact]
    public async Task An_agent_that_calls_itself_an_engine_is_not_taken_for_one()
    {
        await using var node = await Start();
        var spec = node.Spec($"exec perl -e 'exec {{\"/bin/sh\"}} \"sh\", \"-c\", \"echo up; sleep 1000; exit\", \"--root\", \"{node.Run}/engines/runc\", \"x\"'");
        await node.Create(spec);
        await node.UntilOutput(spec.Id, "up");
        node.Abandon();
        await node.StartRole();

        Assert.Equal(WorkloadState.Running, node.Role.Workloads.Get(spec.Id).Status.State);
        await node.Stop(spec.Id);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task The_door_of_another_dispatch_refuses_it_though_it_has_its_socket()
    {
        await using var node = await Start();
        const string Ask = """
            perl -MIO::Socket::UNIX -e 'for (@ARGV) { my $s = IO::Socket::UNIX->new($_) or do { print "no socket: $!\n"; next }; my $l = $s->getline; print defined $l ? $l : "refused\n" }'
            """;
        var owner = node.Spec("sleep 60");
        await node.Create(owner);
        node.Abandon();
        node.Around = backend => new ForeignMount(backend, $"{node.Run}/door/{owner.Id}");
        await node.StartRole();

        var thief = node.Spec($"{Ask.Trim()} /run/vexa/door.sock /workspaces/foreign/door.sock");
        // With gVisor the peer is the sandbox's own process, in the container's group too.
        Assert.Equal($"hello uid {(IsGvisor ? 0 : 10001)}\nrefused\n", (await node.RunToEnd(thief)).Output);
        Assert.Equal($"connection refused: the peer is not in the container of {owner.Id}",
            Assert.Single(node.Neighbours.DoorLog.Entries, entry => entry.StartsWith("connection refused", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task All_containers_together_have_a_limit_of_processes_too()
    {
        await using var node = await Start();
        await node.Create(node.Spec("sleep 60"));
        var limit = Assert.Single(Cgroup.Folders(node.Options.CgroupParent).Select(folder => $"{folder}/pids.max"), File.Exists);
        Assert.Equal(SharedGroup.MostPids, int.Parse(File.ReadAllText(limit), CultureInfo.InvariantCulture));

        // Whoever else makes this group anew, another installation or an engine, sets none.
        File.WriteAllText(limit, "max");
        await node.Create(node.Spec("sleep 60"));
        Assert.Equal(SharedGroup.MostPids, int.Parse(File.ReadAllText(limit), CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task It_reaches_the_door_and_its_token_and_nothing_else_of_the_runtime_folder()
    {
        await using var node = await Start();
        var ran = await node.RunToEnd(
            """
            perl -MIO::Socket::UNIX -e 'print IO::Socket::UNIX->new("/run/vexa/door.sock")->getline'
            cat /run/vexa/token/token; echo; perl -e '@s = stat "/run/vexa/token/token"; printf "%o %d\n", $s[2], $s[4]'; echo /run/* /run/vexa/*
            env | cut -d= -f1 | grep -vx HOSTNAME | sort | tr '\n' ' '
            """);
        // With gVisor the host sees the process that opens files for the sandbox.
        Assert.Equal(
            $"hello uid {(IsGvisor ? 0 : 10001)}\ndispatch-token\n100400 10001\n/run/vexa /run/vexa/door.sock /run/vexa/token\nHOME LANG PATH PWD TMPDIR USER ", ran.Output);
        Assert.Contains("Bearer dispatch-token", node.Neighbours.Tokens);
        node.AssertNothingLeft();
    }
}

/// <summary>Real containers on two processors: one class at a time.</summary>
[CollectionDefinition("runtime")]
public sealed class RuntimeTests;

/// <summary>What holds where the agent's calls reach the host's kernel.</summary>
public abstract class KernelWalls(NodeKind kind) : NodeTests(kind)
{
    [Fact]
    public async Task System_calls_that_lead_out_are_refused()
    {
        await using var node = await Start();
        // Numbers of x86-64; each prints errno. The last two are the ones that must work.
        var ran = await node.RunToEnd(
            """
            cat > /tmp/s.pl <<'P'
            sub t { my ($n, $c, @a) = @_; my $r = syscall($c, @a); printf "%s %s\n", $n, $r < 0 ? $!+0 : "ok"; }
            t("unshare", 272, 0x10000000); t("setns", 308, 0, 0); t("clone3", 435, 0, 0); t("clone newuser", 56, 0x10000000 | 17, 0, 0, 0, 0);
            my $d = "/tmp"; t("mount", 165, $d, $d, 0, 4096, 0); t("umount", 166, $d, 0); t("fsopen", 430, $d, 0); t("open_tree", 428, -100, $d, 0);
            t("move_mount", 429, 0, $d, 0, $d, 0); t("pivot_root", 155, $d, $d); t("chroot", 161, $d); t("bpf", 321, 0, 0, 0); t("keyctl", 250, 0, 0);
            t("add_key", 248, $d, $d, 0, 0, 0); t("userfaultfd", 323, 0); t("io_uring_setup", 425, 1, 0); t("perf_event_open", 298, 0, 0, 0, 0, 0); t("io_setup", 206, 1, pack("Q", 0));
            t("ptrace", 101, 0, 0, 0, 0); t("kexec_load", 246, 0, 0, 0, 0); t("init_module", 175, 0, 0, $d);
            t("af_alg", 41, 38, 5, 0); t("af_vsock", 41, 40, 1, 0); t("af_packet", 41, 17, 3, 0); t("personality", 135, 0x0040000);
            t("af_unix", 41, 1, 1, 0); t("af_inet", 41, 2, 1, 0);
            P
            perl /tmp/s.pl
            """);
        var refused = "unshare setns clone3 clone_newuser mount umount fsopen open_tree move_mount pivot_root chroot bpf keyctl add_key userfaultfd io_uring_setup perf_event_open io_setup ptrace kexec_load init_module af_alg af_vsock af_packet personality"
            .Split(' ').Select(n => $"{n.Replace('_', ' ')} {(n == "clone3" ? 38 : 1)}");
        Assert.Equal([.. refused, "af unix ok", "af inet ok"], ran.Output.Trim().Split('\n').Select(l => l.Replace('_', ' ')));
    }
}

[Collection("runtime")]
public sealed class KernelWallsOnRunc() : KernelWalls(NodeKind.Runc);

[Collection("runtime")]
public sealed class KernelWallsOnDocker() : KernelWalls(NodeKind.Docker);

[Collection("runtime")]
public sealed class ContainerWallsOnRunc() : ContainerWalls(NodeKind.Runc);

[Collection("runtime")]
public sealed class ContainerWallsOnGvisor() : ContainerWalls(NodeKind.Gvisor);

[Collection("runtime")]
public sealed class ContainerWallsOnDocker() : ContainerWalls(NodeKind.Docker);

[Collection("runtime")]
public sealed class ContainerWallsOnDockerGvisor() : ContainerWalls(NodeKind.DockerGvisor);
