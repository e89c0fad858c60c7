using Vexa.Contracts;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;

namespace Vexa.Runtime.Workloads;

/// <summary>
/// What is on this node of workloads that nobody cares for: read off the world itself, not off what the runtime believes. The reaper leaves
/// none; this is how anybody can see that.
/// </summary>
internal sealed class Orphans(RuntimeFolder folder, RuntimeOptions options, IWorkloadBackend backend)
{
    /// <param name="owned">Those that live, and those that are being made or removed right now.</param>
    /// <returns>One line for each: what it is, and where.</returns>
    public async Task<IReadOnlyList<string>> Find(IReadOnlySet<DispatchId> owned, CancellationToken ct)
    {
        var found = new List<string>();
        foreach (var id in await backend.List(ct))
            if (!owned.Contains(id))
                found.Add($"container {WorkloadSpec.ContainerNameOf(id)}");

        var names = owned.Select(WorkloadSpec.ContainerNameOf).ToHashSet(StringComparer.Ordinal);
        found.AddRange(Cgroup.Names(options.CgroupParent).Where(name => !names.Contains(name)).Select(name => $"cgroup {options.CgroupParent}/{name}"));

        foreach (var (kind, parent) in new[] { ("record", folder.Workloads), ("scratch", folder.Scratches), ("socket", folder.Doors) })
            if (Directory.Exists(parent))
                found.AddRange(Directory.EnumerateDirectories(parent).Where(path => !IsOwned(Path.GetFileName(path), owned)).Select(path => $"{kind} {path}"));

        found.AddRange(folder.Canaries().Where(canary => !IsOwned(canary.Name, owned)).Select(canary => $"canary {canary.Path}"));
        found.AddRange(MountTable.At(folder.Scratches).Where(mount => !IsOwned(mount[(folder.Scratches.Length + 1)..].Split('/')[0], owned)).Select(mount => $"mount {mount}"));
        return found;
    }

    private static bool IsOwned(string name, IReadOnlySet<DispatchId> owned) => Id.TryParse<DispatchId>(name, out var id) && owned.Contains(id);
}
