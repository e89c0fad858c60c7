using Vexa.Contracts;
using Vexa.Runtime.Door;
using Vexa.Runtime.Images;
using Vexa.Runtime.Mounts;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;

namespace Vexa.Runtime.Workloads;

/// <summary>Everything that a workload uses on this node: made ready before its start, all given back after its end.</summary>
internal sealed class Resources(
    RuntimeFolder folder, RuntimeOptions options, IWorkloadBackend backend, ImageStore images, Snapshots snapshots, Scratch scratch, DoorClient door, TimeProvider time)
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

    /// <summary>Bounds what all containers take together of what the kernel has once for the whole machine. To be called with one there.</summary>
    public void LimitTogether() => SharedGroup.Limit(options);

    private async Task OpenDoor(DispatchId id, string token, CancellationToken ct)
    {
        using (StartSteps.Begin("door"))
            await door.Open(id, token, ct);
    }

    /// <summary>
    /// Gives everything back that is there. A part that cannot be removed does not keep the others; but the record stays with it, so that the
    /// next start of this role finds it too.
    /// </summary>
    /// <param name="held">Snapshots that were taken; each is given back once, whatever fails.</param>
    /// <returns>What could not be removed, and why.</returns>
    public async Task<IReadOnlyList<Leftover>> Remove(DispatchId id, IEnumerable<SnapshotKey> held)
    {
        using var bound = new CancellationTokenSource(RemoveBound, time);
        var left = new List<Leftover>();
        await Try("container", () => backend.Remove(id, bound.Token));
        await Try("mounts", () => Now(() => scratch.Remove(id)));
        foreach (var key in held)
            await Try("snapshot", () => Now(() => snapshots.Release(key)));

        // A door that is away listens no more, but its socket is still there; without it, a door that comes back does not listen again.
        // Bounded by itself: a container that took all its time must not keep a living door from being told.
        await Try("listener", () => door.Close(id, CancellationToken.None), isOwed: false);
        await Try("listener's folder", () => Now(() => RemoveDoorFolder(id)));
        if (!left.Any(part => part.IsOwed))
            await Try("record", () => Now(() => new WorkloadRecord(folder, id).Remove()));

        return left;

        async Task Try(string part, Func<Task> step, bool isOwed = true)
        {
            try
            {
                await step();
            }
            catch (Exception fault)
            {
                left.Add(new Leftover(part, fault) { IsOwed = isOwed });
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
}
