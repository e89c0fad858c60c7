using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Runtime.Native;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Oci;

/// <summary>Runs containers with <c>runc</c>: no daemon, nothing between this role and the kernel.</summary>
internal sealed class OciBackend(RuntimeFolder folder, string program, string cgroupParent, ProcessWatch watch) : IWorkloadBackend
{
    private readonly Runc _runc = new(program, folder.Runc);
    private readonly OciHost _host = new(RuntimeInformation.ProcessArchitecture, cgroupParent, Cgroup.CountsSwap);

    public string Name => "oci";

    public async Task Check(CancellationToken ct)
    {
        try
        {
            _ = await _runc.Version(ct);
        }
        catch (CommandMissingException missing)
        {
            throw NoEngine(missing);
        }
        catch (CommandFailedException failed)
        {
            throw Failed($"{program} does not work", "Reinstall it: apt-get install --reinstall runc", failed);
        }
    }

    public Task<string> Version(CancellationToken ct) => _runc.Version(ct);

    public async Task<BackendContainer> Start(WorkloadPlan plan, CancellationToken ct)
    {
        var spec = plan.Spec;
        var bundle = Bundle(spec.Id);
        Directory.CreateDirectory(bundle);
        await File.WriteAllBytesAsync(Path.Combine(bundle, "config.json"),
            JsonSerializer.SerializeToUtf8Bytes(OciSpec.Build(plan, _host), OciJson.Default.OciConfig), ct);

        var output = Output(spec.Id);
        Libc.MakeFifo(output, mode: 0x180); // 0600
        var outputFd = Libc.OpenFifo(output);
        try
        {
            var pid = await _runc.Run(spec.ContainerName, bundle, output, ct);
            // It is our child by now (subreaper) and nobody else collects it: the pid cannot mean another process, even if it has ended.
            var pidfd = Libc.OpenPidfd(pid)
                ?? throw Failed("its first process was gone before it could be watched", "Try again; if it stays so, see vexa logs.", inner: null);
            return Watch(spec.Id, pidfd, outputFd);
        }
        catch (CommandMissingException missing)
        {
            Libc.Close(outputFd);
            throw NoEngine(missing);
        }
        catch (CommandFailedException failed)
        {
            Libc.Close(outputFd);
            throw Explain(spec, Runc.LastError(bundle), failed);
        }
        catch
        {
            Libc.Close(outputFd);
            throw;
        }
    }

    public Task<BackendContainer?> Adopt(DispatchId id, CancellationToken ct)
    {
        if (_runc.InitProcess(WorkloadSpec.ContainerNameOf(id)) is not var (pid, startTime) || Libc.OpenPidfd(pid) is not { } pidfd)
            return Task.FromResult<BackendContainer?>(null);

        // Read after the pidfd was opened: from here on the pid cannot change its meaning.
        if (StartTimeOf(pid) != startTime || !File.Exists(Output(id)))
        {
            Libc.Close(pidfd);
            return Task.FromResult<BackendContainer?>(null);
        }

        return Task.FromResult<BackendContainer?>(Watch(id, pidfd, Libc.OpenFifo(Output(id))));
    }

    public async Task Remove(DispatchId id, CancellationToken ct)
    {
        var name = WorkloadSpec.ContainerNameOf(id);
        var cgroup = new Cgroup(cgroupParent, name);
        if (_runc.Names().Contains(name))
            await _runc.Delete(name, ct);

        // What a start that was cut short may leave: processes that runc does not know of, and empty groups.
        foreach (var pid in cgroup.Processes())
        {
            if (Libc.OpenPidfd(pid) is not { } pidfd)
                continue;
            if (cgroup.Processes().Contains(pid))
                Libc.SendSignal(pidfd, Libc.SigKill);
            Libc.Close(pidfd);
        }

        cgroup.Remove();
        var bundle = Bundle(id);
        if (Directory.Exists(bundle))
            Directory.Delete(bundle, recursive: true);
    }

    public IReadOnlyList<DispatchId> List()
    {
        const string Prefix = "vexa-agent-";
        return
        [
            .. _runc.Names()
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
                .Select(name => Id.TryParse<DispatchId>(name[Prefix.Length..], out var id) ? id : (DispatchId?)null)
                .OfType<DispatchId>(),
        ];
    }

    private string Bundle(DispatchId id) => Path.Combine(folder.Workload(id), "bundle");

    private string Output(DispatchId id) => Path.Combine(Bundle(id), "output");

    private OciContainer Watch(DispatchId id, int pidfd, int output) =>
        new(watch.Add(pidfd, output), new Cgroup(cgroupParent, WorkloadSpec.ContainerNameOf(id)));

    // Field 22 of /proc/<pid>/stat; the second field is a name in parentheses that may hold anything.
    private static ulong? StartTimeOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return ulong.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static VexaException NoEngine(Exception cause) =>
        Failed("runc is not installed", "Install it: apt-get install runc", cause);

    private static VexaException Explain(WorkloadSpec spec, string? error, Exception cause)
    {
        var log = new InvalidOperationException(error ?? "runc logged nothing", cause);
        return error switch
        {
            { } e when e.Contains("executable file not found", StringComparison.Ordinal) || (e.Contains("exec:", StringComparison.Ordinal) && e.Contains("no such file", StringComparison.Ordinal)) =>
                Failed($"image {spec.Image} has no {spec.Argv[0]}", "Build it anew: ./vexa image build", log),
            { } e when e.Contains("no space left", StringComparison.Ordinal) =>
                Failed("there is no space left", "Free some space or memory (the runtime folder lies in memory), then try again.", log),
            { } e when e.Contains("cgroup", StringComparison.Ordinal) =>
                Failed("the kernel refused its resource limits", "Run: vexa doctor", log),
            _ => Failed("runc refused it", "The cause is in the log: vexa logs", log),
        };
    }

    private static VexaException Failed(string why, string hint, Exception? inner) =>
        new(Stage.RuntimeStart, Party.Operator, "container-start", $"The container could not be started: {why}.", hint, inner);
}

internal sealed class OciContainer : BackendContainer
{
    private readonly WatchedProcess _process;

    public OciContainer(WatchedProcess process, Cgroup cgroup)
    {
        _process = process;
        Ended = See();

        async Task<ContainerEnd> See()
        {
            var exitCode = await process.Ended;
            return new ContainerEnd(exitCode, cgroup.WasOutOfMemory());
        }
    }

    public override Task<ContainerEnd> Ended { get; }

    public override byte[] Output => _process.Written.Snapshot();

    public override void Terminate() => _process.Signal(Libc.SigTerm);

    // The first process of a pid namespace takes all others with it.
    public override void Kill() => _process.Signal(Libc.SigKill);
}
