using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Docker;
using Vexa.Docker.Containers;
using Vexa.Runtime.Oci;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Docker;

/// <summary>Runs containers by a Docker engine that is there already.</summary>
internal sealed class DockerBackend : IWorkloadBackend, IDisposable
{
    private static readonly TimeSpan RemovalPoll = TimeSpan.FromMilliseconds(20);

    private readonly DockerEngine _engine;
    private readonly DockerImages _images;
    private readonly DockerWatch _watch;
    private readonly TimeProvider _time;
    private readonly string _owner;
    private readonly string _cgroupParent;
    private volatile DockerHost? _host;

    public DockerBackend(RuntimeFolder folder, RuntimeOptions options, TimeProvider time, ILogger log)
    {
        (_time, _owner, _cgroupParent) = (time, folder.Root, options.CgroupParent);
        _engine = new DockerEngine(options.DockerHost["unix://".Length..], time);
        _images = new DockerImages(_engine, options.ImagesFolder, log);
        _watch = new DockerWatch(_engine, $"{DockerSpec.OwnerLabel}={_owner}", GroupOf, time, log);
    }

    public string Name => "docker";

    public async Task Check(Isolation isolation, CancellationToken ct)
    {
        var (version, info) = await DockerFaults.Explained(async () => (await _engine.Version(ct), await _engine.Info(ct)));
        _host = HostOf(info);
        if (DockerFitness.Judge(version, info, isolation).FirstOrDefault() is { } fault)
            throw DockerFaults.Failed(fault.What, fault.Mend, inner: null, "engine-unfit");
    }

    public async Task<BackendContainer> Start(WorkloadPlan plan, CancellationToken ct)
    {
        await _images.Ensure(plan.Image, progress: null, ct);
        var body = DockerSpec.Build(plan, await Host(ct));
        ct.ThrowIfCancellationRequested();

        // From here on nothing is cut off in the middle: what the engine has begun it finishes, and a removal would come too early.
        // Each call has its own bound.
        try
        {
            var container = new DockerContainer(await Create(plan, body), plan.Spec.Id, _engine, _time);
            _watch.Add(container);
            container.Follow(await _engine.Containers.Attach(container.Id, CancellationToken.None));
            ct.ThrowIfCancellationRequested();
            await _engine.Containers.Start(container.Id, CancellationToken.None);
            return container;
        }
        catch (EngineUnavailableException away)
        {
            throw DockerFaults.Away(away);
        }
        catch (EngineException refused)
        {
            throw DockerFaults.NotStarted(plan.Spec, refused);
        }
    }

    public Task<BackendContainer?> Adopt(WorkloadSpec spec, CancellationToken ct) => DockerFaults.Explained<BackendContainer?>(async () =>
    {
        await Host(ct);
        if (await Find(spec.Id, ct) is not { State.Running: true } found)
            return null;

        var container = new DockerContainer(found.Id, spec.Id, _engine, _time);
        // First: the watch reads whatever runs and is not read yet, and then both would.
        container.Follow(await _engine.Containers.Attach(container.Id, ct));
        _watch.Add(container);
        // It may have ended before.
        await _watch.Look(container, ct);
        return container;
    });

    public async Task Remove(DispatchId id, CancellationToken ct)
    {
        await Host(ct);
        await DockerFaults.Explained(async () =>
        {
            // By id where it is known: a name may be another installation's.
            var container = _watch.Find(id)?.Id ?? (await Find(id, ct))?.Id;
            if (container is null)
                return;

            while (!await _engine.Containers.Remove(container, ct))
                await Task.Delay(RemovalPoll, _time, ct);

            _watch.Forget(container);
        });
        await RemoveGroup(id, ct);
    }

    public Task<IReadOnlyList<DispatchId>> List(CancellationToken ct) => DockerFaults.Explained<IReadOnlyList<DispatchId>>(async () =>
    [
        .. (await _engine.Containers.List($"{DockerSpec.OwnerLabel}={_owner}", ct))
            .Select(container => Id.TryParse<DispatchId>(container.Labels?.GetValueOrDefault(DockerSpec.DispatchLabel) ?? "", out var id) ? id : (DispatchId?)null)
            .OfType<DispatchId>(),
    ]);

    /// <summary>Lets go of everything in this process, and ends nothing.</summary>
    public void Dispose()
    {
        _watch.Dispose();
        _images.Dispose();
        _engine.Dispose();
    }

    private async Task<string> Create(WorkloadPlan plan, ContainerCreate body)
    {
        try
        {
            return await _engine.Containers.Create(plan.Spec.ContainerName, body, CancellationToken.None);
        }
        catch (EngineException missing) when (missing.Status == HttpStatusCode.NotFound)
        {
            // Somebody removed it behind our back.
            _images.Forget(plan.Image);
            await _images.Ensure(plan.Image, progress: null, CancellationToken.None);
        }
        catch (EngineException taken) when (taken.Status == HttpStatusCode.Conflict)
        {
            // Perhaps by what an earlier start of this dispatch left.
            if (await Find(plan.Spec.Id, CancellationToken.None) is not { } ours)
                throw DockerFaults.NameTaken(plan.Spec.ContainerName, taken);

            await _engine.Containers.Remove(ours.Id, CancellationToken.None);
        }

        return await _engine.Containers.Create(plan.Spec.ContainerName, body, CancellationToken.None);
    }

    // An engine that crashed in the middle of a start may not know what it had begun: a group of its own is left, with a process in it.
    private async Task RemoveGroup(DispatchId id, CancellationToken ct)
    {
        var group = GroupOf(id);
        while (!group.Remove())
        {
            foreach (var inner in group.Inner())
            {
                // One that the engine knows is another installation's, whose container has the same name.
                if (await DockerFaults.Explained(() => _engine.Containers.Inspect(EngineGroup.ContainerOf(inner), ct)) is not null)
                    return;

                group.In(inner).Kill();
                group.In(inner).Remove();
            }

            await Task.Delay(RemovalPoll, _time, ct);
        }

        if (_host is { SystemdOwnsCgroups: true })
            await EngineGroup.TellSystemd(WorkloadSpec.ContainerNameOf(id), ct);
    }

    private Cgroup GroupOf(DispatchId id) => EngineGroup.Around(WorkloadSpec.ContainerNameOf(id), _cgroupParent, _host is { SystemdOwnsCgroups: true });

    // Only where it is this installation's.
    private async Task<ContainerDetails?> Find(DispatchId id, CancellationToken ct) =>
        await _engine.Containers.Inspect(WorkloadSpec.ContainerNameOf(id), ct) is { } found && found.Config.Labels?.GetValueOrDefault(DockerSpec.OwnerLabel) == _owner
            ? found
            : null;

    private async Task<DockerHost> Host(CancellationToken ct) => _host ??= HostOf(await DockerFaults.Explained(() => _engine.Info(ct)));

    private DockerHost HostOf(EngineInfo info) => new(RuntimeInformation.ProcessArchitecture, _owner, _cgroupParent, info.CgroupDriver == "systemd");
}
