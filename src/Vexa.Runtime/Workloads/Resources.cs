using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Runtime.Door;
using Vexa.Runtime.Images;
using Vexa.Runtime.Mounts;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Workloads;

/// <summary>Everything that a workload uses on this node: made ready before its start, all given back after its end.</summary>
internal sealed partial class Resources(
    RuntimeFolder folder, RuntimeOptions options, IWorkloadBackend backend, ImageStore images, Snapshots snapshots, Scratch scratch, DoorClient door, TimeProvider time,
    ILogger<Resources> log)
{
    private static readonly TimeSpan RemoveBound = TimeSpan.FromSeconds(20);

    /// <summary>Image, workspaces, token, door. Where it throws, <see cref="Remove"/> gives back what it had made by then.</summary>
    /// <param name="held">Gets every snapshot that was taken.</param>
    /// <exception cref="VexaException">What is missing, and how to mend it.</exception>
    public async Task<WorkloadPlan> Prepare(WorkloadCreate create, string spawnToken, List<SnapshotKey> held, CancellationToken ct)
    {
        var spec = create.Spec;
        ImageLayers image;
        using (StartSteps.Begin("image"))
            image = images.Open(spec.Image);

        // The door and control are other processes: ask both at once.
        var opening = OpenDoor(spec.Id, create.Token, ct);
        var trees = new List<string>();
        try
        {
            using (StartSteps.Begin("scratch"))
                scratch.Create(spec, create.Token);
            foreach (var mount in spec.Mounts)
            {
                using var step = StartSteps.Begin("snapshot");
                var key = new SnapshotKey(mount.Workspace, mount.Commit);
                trees.Add(await snapshots.Take(key, spawnToken, ct));
                held.Add(key);
            }
        }
        finally
        {
            // Also where this failed: the listener must not open after it was closed.
            await opening;
        }

        Directory.CreateDirectory(Path.Combine(folder.Door(spec.Id), "token"));
        using var mounting = StartSteps.Begin("mount");
        return new WorkloadPlan
        {
            Spec = spec,
            Isolation = spec.Isolation ?? options.Isolation,
            Image = image,
            DoorFolder = folder.Door(spec.Id),
            TokenFolder = scratch.TokenFolder(spec.Id),
            Mounts =
            [
                .. spec.Mounts.Zip(trees, (mount, tree) =>
                    mount.Mode == AccessMode.Rw
                        ? new PlannedMount(mount.Path, scratch.Overlay(spec.Id, mount.Workspace, tree), Writable: true)
                        : new PlannedMount(mount.Path, tree, Writable: false)),
            ],
        };
    }

    private async Task OpenDoor(DispatchId id, string token, CancellationToken ct)
    {
        using (StartSteps.Begin("door"))
            await door.Open(id, token, ct);
    }

    /// <summary>
    /// Gives everything back. A part that cannot be removed does not keep the others: it is logged, and its record stays, so that
    /// the next start of this role tries again.
    /// </summary>
    public async Task Remove(DispatchId id, IEnumerable<SnapshotKey> held)
    {
        using var bound = new CancellationTokenSource(RemoveBound, time);
        var clean = await Try("container", () => backend.Remove(id, bound.Token));
        clean &= await Try("mounts", () => Now(() => scratch.Remove(id)));
        foreach (var key in held)
            clean &= await Try("snapshot", () => Now(() => snapshots.Release(key)));

        // A door that is away listens no more, but its socket is still there; without it, a door that comes back does not listen again.
        // Bounded by itself: a container that took all its time must not keep a living door from being told.
        await Try("listener", () => door.Close(id, CancellationToken.None));
        clean &= await Try("listener's folder", () => Now(() => RemoveDoorFolder(id)));
        if (clean)
            await Try("record", () => Now(() => new WorkloadRecord(folder, id).Remove()));

        async Task<bool> Try(string part, Func<Task> step)
        {
            try
            {
                await step();
                return true;
            }
            catch (VexaException fault) when (fault.Rule == DoorClient.Unreachable)
            {
                NotRemoved(id, part, fault.Message);
                return false;
            }
            catch (Exception fault)
            {
                NotRemoved(id, part, fault);
                return false;
            }
        }

        static Task Now(Action step)
        {
            step();
            return Task.CompletedTask;
        }
    }

    private void RemoveDoorFolder(DispatchId id)
    {
        if (Directory.Exists(folder.Door(id)))
            Directory.Delete(folder.Door(id), recursive: true);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id}: its {Part} could not be removed: {Why}")]
    private partial void NotRemoved(DispatchId id, string part, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id}: its {Part} could not be removed")]
    private partial void NotRemoved(DispatchId id, string part, Exception fault);
}
