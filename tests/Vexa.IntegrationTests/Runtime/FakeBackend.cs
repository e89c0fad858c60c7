using System.Collections.Concurrent;
using Vexa.Runtime.Proof;
using Vexa.Runtime.Workloads;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>
/// A backend without a kernel: its containers are <see cref="FakeContainer"/>s, which do what <see cref="FakeScripts"/> or the test says,
/// and nothing else. Like containers they outlive the role that started them.
/// </summary>
internal sealed class FakeBackend : IWorkloadBackend
{
    private readonly ConcurrentDictionary<DispatchId, FakeContainer> _containers = new();

    public string Name => "fake";

    /// <summary>Asked for each start, before anything else; what it throws is thrown.</summary>
    public Func<WorkloadPlan, Task> BeforeStart { get; set; } = _ => Task.CompletedTask;

    /// <summary>Asked for each removal, before anything else; what it throws is thrown.</summary>
    public Action<DispatchId> BeforeRemove { get; set; } = _ => { };

    /// <summary>Why nobody can reach it, for as long as that is not null.</summary>
    public VexaException? Away { get; set; }

    /// <summary>What a container says that is asked about its walls, as one of a node with a fallen wall would; by default that all stand.</summary>
    public string ProofSays { get; set; } = AllHeld;

    /// <summary>What a container prints all of whose walls stand.</summary>
    public static string AllHeld => string.Concat(ProofScript.Walls(Isolation.Runc).Select(wall => $"{wall}=held\n"));

    /// <summary>Containers that were started and not removed.</summary>
    public IReadOnlyCollection<DispatchId> Known => [.. _containers.Keys];

    public FakeContainer this[DispatchId id] => _containers[id];

    public Task Check(Isolation isolation, CancellationToken ct) => Away is null ? Task.CompletedTask : Task.FromException(Away);

    public async Task<BackendContainer> Start(WorkloadPlan plan, CancellationToken ct)
    {
        await BeforeStart(plan);
        ct.ThrowIfCancellationRequested();
        if (plan.Spec.Argv is not ["/bin/sh", "-c", var script])
            throw new VexaException(Stage.RuntimeStart, Party.Operator, "container-start",
                $"The container could not be started: image {plan.Spec.Image} has no {plan.Spec.Argv[0]}.", "Build it anew: ./vexa image build");

        var container = new FakeContainer(plan);
        Assert.True(_containers.TryAdd(plan.Spec.Id, container), $"{plan.Spec.Id} was started twice.");
        var handle = container.Attach();
        container.Script = script == ProofScript.Text ? FakeScripts.Says(ProofSays, exitCode: 0)(container) : FakeScripts.Run(script, container);
        return handle;
    }

    public Task<BackendContainer?> Adopt(WorkloadSpec spec, CancellationToken ct) =>
        Task.FromResult(_containers.TryGetValue(spec.Id, out var container) && !container.Ended.IsCompleted ? container.Attach() : null);

    public async Task Remove(DispatchId id, CancellationToken ct)
    {
        BeforeRemove(id);
        if (!_containers.TryRemove(id, out var container))
            return;

        container.End(137);
        await container.Script;
    }

    public Task<IReadOnlyList<DispatchId>> List(CancellationToken ct) =>
        Away is null ? Task.FromResult<IReadOnlyList<DispatchId>>([.. _containers.Keys]) : Task.FromException<IReadOnlyList<DispatchId>>(Away);

    /// <summary>The role is gone: what is written from now on waits for the next one.</summary>
    public void Detach()
    {
        foreach (var container in _containers.Values)
            container.Detach();
    }
}
