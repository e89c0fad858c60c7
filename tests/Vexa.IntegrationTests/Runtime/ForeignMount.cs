using Vexa.Runtime.Workloads;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>A real backend whose containers see a folder of the host that no plan of ours would give them.</summary>
internal sealed class ForeignMount(IWorkloadBackend backend, string folder) : IWorkloadBackend, IDisposable
{
    public string Name => backend.Name;

    public Task Check(Isolation isolation, CancellationToken ct) => backend.Check(isolation, ct);

    public Task<BackendContainer> Start(WorkloadPlan plan, CancellationToken ct) =>
        backend.Start(plan with { Mounts = [.. plan.Mounts, new PlannedMount("/workspaces/foreign", folder, Writable: false)] }, ct);

    public Task<BackendContainer?> Adopt(WorkloadSpec spec, CancellationToken ct) => backend.Adopt(spec, ct);

    public Task Remove(DispatchId id, CancellationToken ct) => backend.Remove(id, ct);

    public Task<IReadOnlyList<DispatchId>> List(CancellationToken ct) => backend.List(ct);

    public void Dispose() => (backend as IDisposable)?.Dispose();
}
