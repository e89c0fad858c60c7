using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vexa.Cli.Attack;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;
using Vexa.Runtime.Workloads;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>Runs containers as the product configures them, but for one wall that is taken away.</summary>
/// <param name="folder">Its own.</param>
internal sealed class WeakBackend(string folder, string parent, string weakness, WeakGround ground) : IWorkloadBackend
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private string State => Path.Combine(folder, "state");

    public string Name => "weak";

    public Task Check(Isolation isolation, CancellationToken ct) => Task.CompletedTask;

    public async Task<BackendContainer> Start(WorkloadPlan plan, CancellationToken ct)
    {
        var config = JsonSerializer.SerializeToNode(OciSpec.Build(plan, new OciHost(RuntimeInformation.ProcessArchitecture, parent, Cgroup.CountsSwap)), OciJson.Default.OciConfig)!;
        Weaknesses.Apply([weakness], config, ground);
        var bundle = Directory.CreateDirectory(Path.Combine(folder, "bundle")).FullName;
        await File.WriteAllTextAsync(Path.Combine(bundle, "config.json"), config.ToJsonString(), ct);
        return new Ran(await new Command("runc", ["--root", State, "run", "--bundle", bundle, plan.Spec.ContainerName]) { Timeout = Bound }.RunOrThrow(ct));
    }

    public Task<BackendContainer?> Adopt(WorkloadSpec spec, CancellationToken ct) => Task.FromResult<BackendContainer?>(null);

    public async Task Remove(DispatchId id, CancellationToken ct)
    {
        var name = WorkloadSpec.ContainerNameOf(id);
        if (!Directory.Exists(State))
            return;

        await new Command("runc", ["--root", State, "delete", "--force", name]) { Timeout = Bound }.RunOrThrow(ct);
        new Cgroup(parent, name).Remove();
    }

    public Task<IReadOnlyList<DispatchId>> List(CancellationToken ct) => Task.FromResult<IReadOnlyList<DispatchId>>([]);

    private sealed class Ran(string output) : BackendContainer
    {
        public override Task<ContainerEnd> Ended { get; } = Task.FromResult(new ContainerEnd(0, OutOfMemory: false));

        public override byte[] Output => Encoding.UTF8.GetBytes(output);

        public override Task Terminate() => Task.CompletedTask;

        public override Task Kill() => Task.CompletedTask;
    }
}
