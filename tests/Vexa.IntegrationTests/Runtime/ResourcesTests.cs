using Microsoft.Extensions.Logging;
using Vexa.IntegrationTests.Drivers;
using Vexa.Runtime;
using Vexa.Runtime.Door;
using Vexa.Runtime.Images;
using Vexa.Runtime.Mounts;
using Vexa.Runtime.Workloads;

namespace Vexa.IntegrationTests.Runtime;

public sealed class ResourcesTests
{
    private static readonly DispatchId Id = Contracts.Id.Parse<DispatchId>("d-1");

    [Fact]
    public async Task A_container_that_takes_all_the_time_leaves_the_door_its_own()
    {
        var run = Directory.CreateTempSubdirectory("vexa-resources-").FullName;
        try
        {
            await using var neighbours = await FakeNeighbours.Start(run);
            var folder = RuntimeFolder.Open(run);
            using var door = new DoorClient(folder.DoorSocket, TimeProvider.System);
            using var bundles = new BundleSource(folder.ControlSocket);
            using var log = new RecordingLog();
            var options = new RuntimeOptions { RunFolder = run, ImagesFolder = run };
            var resources = new Resources(folder, options, new StuckBackend(), new ImageStore(run), new Snapshots(folder, bundles, options, log.CreateLogger<Snapshots>()),
                new Scratch(folder), door, new HastyTime());
            await door.Open(Id, "dispatch-token", TestContext.Current.CancellationToken);

            Assert.Equal("container", Assert.Single(await resources.Remove(Id, held: [])).Part);
            Assert.Empty(neighbours.OpenListeners);
        }
        finally
        {
            Directory.Delete(run, recursive: true);
        }
    }

    /// <summary>What does not end before it is told that its time is over.</summary>
    private sealed class StuckBackend : IWorkloadBackend
    {
        public string Name => "stuck";

        public Task Check(Isolation isolation, CancellationToken ct) => Task.CompletedTask;

        public Task<BackendContainer> Start(WorkloadPlan plan, CancellationToken ct) => throw new NotSupportedException();

        public Task<BackendContainer?> Adopt(WorkloadSpec spec, CancellationToken ct) => Task.FromResult<BackendContainer?>(null);

        public Task Remove(DispatchId id, CancellationToken ct) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);

        public Task<IReadOnlyList<DispatchId>> List(CancellationToken ct) => Task.FromResult<IReadOnlyList<DispatchId>>([]);
    }

    /// <summary>Its timers fire at once.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
