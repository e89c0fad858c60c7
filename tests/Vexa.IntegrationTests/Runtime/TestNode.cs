using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Vexa.IntegrationTests.Drivers;
using Vexa.Runtime;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;
using Vexa.Runtime.Workloads;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>A node of its own for one test: the runtime with real containers, a runtime folder in memory, and fake neighbours.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly string _parent = $"vexa-test-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";
    private RuntimeRole? _role;
    private int _next;

    private readonly NodeKind _kind;
    private RunningDocker? _docker;

    private readonly TimeProvider _time;
    private RoleTime? _roleTime;

    private TestNode(NodeKind kind, TimeProvider time) => (_kind, _time) = (kind, time);

    public string Run { get; } = $"/dev/shm/vexa-t-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";

    public FakeNeighbours Neighbours { get; private set; } = null!;

    public RecordingLog Log { get; } = new();

    /// <summary>What a node of kind fake runs.</summary>
    public FakeBackend Fake { get; } = new();

    /// <summary>Puts something around the real backend, for the next role.</summary>
    public Func<IWorkloadBackend, IWorkloadBackend> Around { get; set; } = backend => backend;

    public TestRepository Repository { get; } = new();

    public RuntimeRole Role => _role ?? throw new InvalidOperationException("The role does not run.");

    public RuntimeOptions Options => new()
    {
        RunFolder = Run,
        ImagesFolder = TestImage.Cache,
        CgroupParent = _parent,
        Node = "test",
        UnusedSnapshots = 2,
        SnapshotsMb = 128,
        Backend = _docker is null ? "oci" : "docker",
        DockerHost = _docker?.Address ?? "unix:///nowhere",
        Isolation = _kind is NodeKind.Gvisor or NodeKind.DockerGvisor ? Isolation.Gvisor : Isolation.Runc,
        // So that all of it can be run with the other engine too: VEXA_TEST_OCI_RUNTIME=crun.
        OciRuntime = Environment.GetEnvironmentVariable("VEXA_TEST_OCI_RUNTIME") ?? "runc",
    };

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<TestNode> Start(NodeKind kind = NodeKind.Runc, TimeProvider? time = null)
    {
        Assert.SkipUnless(Libc.EffectiveUser() == 0, "containers are started as root");
        await TestImage.Get(Ct);
        var node = new TestNode(kind, time ?? TimeProvider.System) { _docker = kind is NodeKind.Docker or NodeKind.DockerGvisor ? await SharedDocker.Get() : null };
        Directory.CreateDirectory(node.Run);
        node.Neighbours = await FakeNeighbours.Start(node.Run);
        node.Neighbours.Serve("notes", node.Repository.Bundle);
        await node.StartRole();
        return node;
    }

    public Task StartRole() => StartRole(Options);

    public async Task StartRole(RuntimeOptions options) => _role = await RuntimeRole.Start(options, backend => _kind == NodeKind.Fake ? Fake : Around(backend), _roleTime = new RoleTime(_time), Log, Ct);

    /// <summary>The role is gone as after a kill: nothing stopped, nothing removed.</summary>
    public void Abandon()
    {
        _roleTime!.Stop();
        Role.Dispose();
        Fake.Detach();
        _role = null;
    }

    /// <summary>The role was closed by the test itself.</summary>
    public void Forget() => _role = null;

    public WorkloadSpec Spec(string script, Func<WorkloadLimits, WorkloadLimits>? limits = null, params WorkloadMount[] mounts)
    {
        var usual = new WorkloadLimits { MemoryMb = 128, Pids = 64, TmpfsMb = 8, WallSeconds = 60 };
        return new WorkloadSpec
        {
            Id = Id.Parse<DispatchId>($"d{Interlocked.Increment(ref _next)}-{Path.GetFileName(Run)}"),
            Image = "agent",
            Argv = ["/bin/sh", "-c", script],
            Mounts = mounts,
            Limits = limits?.Invoke(usual) ?? usual,
        };
    }

    public WorkloadMount Mount(AccessMode mode, string workspace = "notes", string? commit = null) =>
        new(Id.Parse<WorkspaceId>(workspace), $"/workspaces/{workspace}", mode, commit ?? Repository.Commit);

    public async Task<WorkloadStatus> Create(WorkloadSpec spec) => (await Role.Workloads.Create(new WorkloadCreate(spec, "dispatch-token"), "spawn-token")).Status;

    /// <summary>Runs a script to its end.</summary>
    public Task<Ran> RunToEnd(string script, params WorkloadMount[] mounts) => RunToEnd(Spec(script, mounts: mounts));

    public async Task<Ran> RunToEnd(WorkloadSpec spec)
    {
        await Create(spec);
        return await Ended(spec.Id);
    }

    public async Task<Ran> Ended(DispatchId id)
    {
        var workload = Role.Workloads.Get(id);
        await workload.Stopped.WaitAsync(Bound, Ct);
        await Until(() => workload.Status.State == WorkloadState.Destroyed);
        return new Ran(workload.Status, Encoding.UTF8.GetString(workload.Output));
    }

    public Task<WorkloadStatus> Stop(DispatchId id, int graceMs = 300) =>
        Role.Workloads.Stop(id, new StopRequest(StopReason.Cancelled, TimeSpan.FromMilliseconds(graceMs))).WaitAsync(Bound, Ct);

    public async Task UntilOutput(DispatchId id, string text) =>
        await Until(() => Encoding.UTF8.GetString(Role.Workloads.Get(id).Output).Contains(text, StringComparison.Ordinal));

    public static async Task Until(Func<bool> condition)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (!condition())
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, bound.Token);
    }

    /// <summary>The host's processes in a container's control group, and in those below it.</summary>
    public IReadOnlyList<int> ProcessesOf(DispatchId id) =>
    [
        .. Cgroup.Folders($"{_parent}/{WorkloadSpec.ContainerNameOf(id)}")
            .SelectMany(folder => Directory.EnumerateFiles(folder, "cgroup.procs", SearchOption.AllDirectories))
            .SelectMany(File.ReadAllLines).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Distinct(),
    ];

    /// <summary>What a container's control group says that its processes have used.</summary>
    public TimeSpan ProcessorTime(DispatchId id) => ControlGroups.Read().Layout == CgroupLayout.V2
        ? TimeSpan.FromMicroseconds(CpuStat(id, "usage_usec"))
        : TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText($"/sys/fs/cgroup/cpuacct/{_parent}/{WorkloadSpec.ContainerNameOf(id)}/cpuacct.usage"), CultureInfo.InvariantCulture) / 1000);

    /// <summary>How often the kernel held it back, because it had used its share of a period.</summary>
    public long TimesThrottled(DispatchId id) => CpuStat(id, "nr_throttled");

    // The engine of a Docker node sets its limits on a group of its own in it.
    private long CpuStat(DispatchId id, string name) =>
        Cgroup.Folders($"{_parent}/{WorkloadSpec.ContainerNameOf(id)}")
            .SelectMany(folder => Directory.EnumerateFiles(folder, "cpu.stat", SearchOption.AllDirectories))
            .SelectMany(File.ReadLines).Where(line => line.StartsWith(name + " ", StringComparison.Ordinal))
            .Max(line => long.Parse(line.AsSpan(name.Length + 1), CultureInfo.InvariantCulture));

    /// <summary>Kills them, as the machine's owner may; the role must be gone.</summary>
    public async Task KillProcessesOf(DispatchId id)
    {
        if (_kind == NodeKind.Fake)
        {
            Fake[id].End(137);
            return;
        }

        var killed = ProcessesOf(id).Select(Libc.OpenPidfd).OfType<int>().ToList();
        foreach (var pidfd in killed)
            Libc.SendSignal(pidfd, Libc.SigKill);

        // What the machine's init does where the role's process is really gone.
        await Until(() => ProcessesOf(id).Count == 0 || killed.Any(pidfd => Libc.Reap(pidfd) is not null));
        foreach (var pidfd in killed)
            Libc.Close(pidfd);
    }

    /// <summary>No container, mount, cgroup, folder or listener of any workload.</summary>
    public void AssertNothingLeft()
    {
        Assert.Equal([$"{Run}/snapshots"], MountTable.At(Run));
        Assert.Empty(Directory.EnumerateDirectories($"{Run}/engines").SelectMany(Directory.EnumerateFileSystemEntries));
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{Run}/scratch"));
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{Run}/workloads"));
        Assert.Empty(Cgroup.Folders(_parent).SelectMany(Directory.EnumerateDirectories));
        Assert.Empty(Neighbours.OpenListeners);
        Assert.Empty(Fake.Known);
    }

    public void AssertNothingMounted()
    {
        Assert.Empty(MountTable.At(Run));
        Assert.Empty(Cgroup.Folders(_parent));
    }

    public async ValueTask DisposeAsync()
    {
        if (_role is not null)
            await _role.Close();

        await Neighbours.DisposeAsync();
        Repository.Dispose();
        var left = MountTable.At(Run);
        MountTable.UnmountAll(Run);
        Directory.Delete(Run, recursive: true);
        Assert.Empty(left);
        Assert.Empty(Cgroup.Folders(_parent));
    }
}

/// <param name="Output">The last of what it wrote.</param>
internal sealed record Ran(WorkloadStatus Status, string Output);
