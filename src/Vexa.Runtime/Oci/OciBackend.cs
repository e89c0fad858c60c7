using System.Runtime.InteropServices;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Runtime.Native;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Oci;

/// <summary>Runs containers with <c>runc</c>, <c>crun</c> or <c>runsc</c>: no daemon, nothing between this role and the kernel.</summary>
internal sealed class OciBackend : IWorkloadBackend
{
    private const string Runsc = "runsc";
    private const int MostDeletes = 3;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    private readonly RuntimeFolder _folder;
    private readonly ProcessWatch _watch;
    private readonly TimeProvider _time;
    private readonly OciHost _host;
    private readonly Dictionary<Isolation, OciEngine> _engines;
    private bool _isAlone;

    public OciBackend(RuntimeFolder folder, RuntimeOptions options, ProcessWatch watch, TimeProvider time)
    {
        (_folder, _watch, _time) = (folder, watch, time);
        _host = new OciHost(RuntimeInformation.ProcessArchitecture, options.CgroupParent, Cgroup.CountsSwap);
        _engines = new Dictionary<Isolation, OciEngine>
        {
            [Isolation.Runc] = new(Isolation.Runc, options.OciRuntime, folder.Engine(Isolation.Runc)),
            [Isolation.Gvisor] = new(Isolation.Gvisor, Runsc, folder.Engine(Isolation.Gvisor)),
        };
    }

    public string Name => "oci";

    public async Task Check(Isolation isolation, CancellationToken ct)
    {
        if (OciFitness.FindFault(EngineOf(isolation).Program, ControlGroups.Read()) is { } fault)
            throw fault;

        try
        {
            _ = await Version(isolation, ct);
        }
        catch (CommandMissingException missing)
        {
            throw NoEngine(EngineOf(isolation), missing);
        }
        catch (Exception failed) when (failed is CommandFailedException or TimeoutException)
        {
            throw Failed($"{EngineOf(isolation).Program} does not work", $"Reinstall it: apt-get install --reinstall {PackageOf(EngineOf(isolation))}", failed);
        }
    }

    /// <summary>What the engine says of itself.</summary>
    public Task<string> Version(Isolation isolation, CancellationToken ct) => EngineOf(isolation).Version(ct);

    public async Task<BackendContainer> Start(WorkloadPlan plan, CancellationToken ct)
    {
        var spec = plan.Spec;
        var engine = EngineOf(plan.Isolation);
        var bundle = Bundle(spec.Id);
        using (StartSteps.Begin("spec"))
        {
            Directory.CreateDirectory(bundle);
            await File.WriteAllBytesAsync(Path.Combine(bundle, "config.json"),
                JsonSerializer.SerializeToUtf8Bytes(OciSpec.Build(plan, _host), OciJson.Default.OciConfig), ct);
            // Whoever finds the container after a restart has to know whose it is, also where the node's default has changed since.
            await File.WriteAllTextAsync(IsolationFile(spec.Id), plan.Isolation.ToString(), ct);
        }

        var output = Output(spec.Id);
        Libc.MakeFifo(output, mode: 0x180); // 0600
        var outputFd = Libc.OpenFifo(output);
        using var starting = OrphanReaper.OfThisProcess.Starting();
        try
        {
            int pid;
            using (StartSteps.Begin("engine"))
                pid = await engine.Run(spec.ContainerName, bundle, output, ct);

            // It is our child by now (subreaper) and nobody else collects it: the pid cannot mean another process, even if it has ended.
            var pidfd = Libc.OpenPidfd(pid)
                ?? throw Failed("its first process was gone before it could be watched", "Try again; if it stays so, see vexa logs.", inner: null);
            if (UserNamespace.IsInside && !CgroupOf(spec.Id).Holds(OciSpec.Build(plan, _host).Linux.Resources))
            {
                Libc.Close(pidfd);
                throw Failed("its limits do not hold", "Run: vexa doctor", inner: null);
            }

            return Watch(spec.Id, engine, pid, pidfd, outputFd);
        }
        catch (CommandMissingException missing)
        {
            Libc.Close(outputFd);
            throw NoEngine(engine, missing);
        }
        catch (CommandFailedException failed)
        {
            Libc.Close(outputFd);
            throw Explain(spec, engine, OciEngine.LastError(bundle), failed);
        }
        catch
        {
            Libc.Close(outputFd);
            throw;
        }
    }

    public Task<BackendContainer?> Adopt(WorkloadSpec spec, CancellationToken ct) => Task.FromResult<BackendContainer?>(Find(spec.Id));

    private OciContainer? Find(DispatchId id)
    {
        if (!File.Exists(Output(id)) || KnownEngine(id) is not { } engine || OciEngine.ReadPid(Bundle(id)) is not { } pid || Libc.OpenPidfd(pid) is not { } pidfd)
            return null;

        // Read after the pidfd was opened: from here on the pid cannot change its meaning, and whatever is in this group is of this container.
        if (CgroupOf(id).Processes().Contains(pid))
            return Watch(id, engine, pid, pidfd, Libc.OpenFifo(Output(id)));

        Libc.Close(pidfd);
        return null;
    }

    public async Task Remove(DispatchId id, CancellationToken ct)
    {
        var name = WorkloadSpec.ContainerNameOf(id);
        var cgroup = CgroupOf(id);
        try
        {
            foreach (var engine in _engines.Values)
                await Delete(engine, name, ct);
        }
        finally
        {
            // Also where an engine hangs or is gone. And what a start that was cut short may leave: processes that no engine knows of.
            await End(cgroup, ct);
        }

        OrphanReaper.OfThisProcess.Reap();
        var bundle = Bundle(id);
        if (Directory.Exists(bundle))
            Directory.Delete(bundle, recursive: true);
    }

    // A group goes when it is empty.
    private static async Task End(Cgroup cgroup, CancellationToken ct)
    {
        while (!cgroup.Remove())
        {
            foreach (var group in cgroup.Inner().Select(cgroup.In).Append(cgroup))
            {
                group.Kill();
                group.Remove();
            }

            await Task.Delay(Poll, TimeProvider.System, ct);
        }
    }

    // An engine that was killed half way, or fell over what a killed start had left half made, does it when asked again.
    private static async Task Delete(OciEngine engine, string name, CancellationToken ct)
    {
        for (var left = MostDeletes; left > 0 && engine.Names().Contains(name); left--)
        {
            try
            {
                await engine.Delete(name, ct);
            }
            catch (CommandFailedException) when (left > 1)
            {
                // The last attempt's failure is told.
            }
        }
    }

    public async Task<IReadOnlyList<DispatchId>> List(CancellationToken ct)
    {
        const string Prefix = "vexa-agent-";
        // Only before this process has made a call of its own.
        if (!_isAlone)
            foreach (var engine in _engines.Values)
                await EnginesUnderWay.End(engine.StateFolder, _time, ct);

        _isAlone = true;

        return
        [
            .. _engines.Values.SelectMany(engine => engine.Names())
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
                .Select(name => Id.TryParse<DispatchId>(name[Prefix.Length..], out var id) ? id : (DispatchId?)null)
                .OfType<DispatchId>().Distinct(),
        ];
    }

    private OciEngine EngineOf(Isolation isolation) => _engines.TryGetValue(isolation, out var engine)
        ? engine
        : throw new VexaException(Stage.RuntimeStart, Party.Caller, "isolation-unknown", $"This node has no isolation {isolation.ToString().ToLowerInvariant()}.",
            "Ask for runc or gvisor, or leave it out.")
        { Status = 400 };

    private OciEngine? KnownEngine(DispatchId id) =>
        File.Exists(IsolationFile(id)) && Enum.TryParse<Isolation>(File.ReadAllText(IsolationFile(id)), out var isolation) ? _engines.GetValueOrDefault(isolation) : null;

    private string Bundle(DispatchId id) => Path.Combine(_folder.Workload(id), "bundle");

    private string IsolationFile(DispatchId id) => Path.Combine(Bundle(id), "isolation");

    private string Output(DispatchId id) => Path.Combine(Bundle(id), "output");

    private Cgroup CgroupOf(DispatchId id) => new(_host.CgroupParent, WorkloadSpec.ContainerNameOf(id));

    private OciContainer Watch(DispatchId id, OciEngine engine, int pid, int pidfd, int output)
    {
        OrphanReaper.OfThisProcess.Keep(pid);
        return new(engine, WorkloadSpec.ContainerNameOf(id), _watch.Add(pidfd, output), CgroupOf(id), seen: () => OrphanReaper.OfThisProcess.Forget(pid));
    }

    private static string PackageOf(OciEngine engine) => Path.GetFileName(engine.Program);

    private static VexaException NoEngine(OciEngine engine, Exception cause) =>
        Failed($"{engine.Program} is not installed", $"Install it: apt-get install {PackageOf(engine)}", cause);

    private static VexaException Explain(WorkloadSpec spec, OciEngine engine, string? error, Exception cause)
    {
        var log = new InvalidOperationException(error ?? $"{engine.Program} logged nothing", cause);
        return error switch
        {
            // runc names the file behind these words, crun between them; runsc failed to load it.
            { } e when (e.Contains("executable file", StringComparison.Ordinal) && e.Contains("not found", StringComparison.Ordinal))
                || e.Contains("failed to load", StringComparison.Ordinal)
                || (e.Contains("exec:", StringComparison.Ordinal) && e.Contains("no such file", StringComparison.Ordinal)) =>
                Failed($"image {spec.Image} has no {spec.Argv[0]}", "Build it anew: ./vexa image build", log),
            { } e when e.Contains("no space left", StringComparison.Ordinal) =>
                Failed("there is no space left", "Free some space or memory (the runtime folder lies in memory), then try again.", log),
            { } e when e.Contains("cgroup", StringComparison.Ordinal) =>
                Failed("the kernel refused its resource limits", "Run: vexa doctor", log),
            _ => Failed($"{engine.Program} refused it", "The cause is in the log: vexa logs", log),
        };
    }

    private static VexaException Failed(string why, string hint, Exception? inner) =>
        new(Stage.RuntimeStart, Party.Operator, "container-start", $"The container could not be started: {why}.", hint, inner);
}

internal sealed class OciContainer : BackendContainer
{
    private readonly OciEngine _engine;
    private readonly string _name;
    private readonly WatchedProcess _process;

    public OciContainer(OciEngine engine, string name, WatchedProcess process, Cgroup cgroup, Action seen)
    {
        (_engine, _name, _process) = (engine, name, process);
        Ended = See();

        async Task<ContainerEnd> See()
        {
            var exitCode = await process.Ended;
            seen();
            return new ContainerEnd(exitCode, cgroup.WasOutOfMemory());
        }
    }

    public override Task<ContainerEnd> Ended { get; }

    public override byte[] Output => _process.Written.Snapshot();

    public override Task Terminate() => _engine.Terminate(_name, _process);

    // The first process of a pid namespace takes all others with it, and gVisor's sandbox is the kernel of what runs in it.
    public override Task Kill()
    {
        _process.Signal(Libc.SigKill);
        return Task.CompletedTask;
    }
}
