using Vexa.Contracts;
using Vexa.Runtime.Native;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Mounts;

/// <summary>
/// One dispatch's own tmpfs on the host: its token, and the writable layers of its workspaces. Gone with the dispatch, and what is
/// in it never touches a disk.
/// </summary>
internal sealed class Scratch(RuntimeFolder folder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Listable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    // Root of a user namespace may not write the attributes by which an overlay marks what was removed, unless they are a user's own.
    private static readonly string OverlayOptions = UserNamespace.IsInside ? ",userxattr" : "";

    public string TokenFolder(DispatchId id) => Path.Combine(folder.Scratch(id), "token");

    /// <summary>Mounts it and lays the token down, readable by the agent's user alone.</summary>
    public void Create(WorkloadSpec spec, string token)
    {
        var root = folder.Scratch(spec.Id);
        Directory.CreateDirectory(root, OwnerOnly);
        Libc.Mount("vexa-scratch", root, "tmpfs", MountFlags.NoSuid | MountFlags.NoDev, $"mode=700,size={spec.Limits.TmpfsMb}m,nr_inodes={Walls.InodesOf(spec.Limits.TmpfsMb)}");
        Directory.CreateDirectory(TokenFolder(spec.Id), Listable);
        var file = Path.Combine(TokenFolder(spec.Id), "token");
        using (var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead }))
        using (var writer = new StreamWriter(stream))
            writer.Write(token);

        Libc.ChangeOwner(file, AgentUser.Uid, AgentUser.Gid);
    }

    /// <summary>
    /// Mounts a workspace to write to: an overlay over its snapshot, whose upper layer takes what this dispatch writes. Here and not in the
    /// container, because not every backend can; and whatever size the workspace has, it is one system call.
    /// </summary>
    /// <returns>Where it is mounted.</returns>
    public string Overlay(DispatchId id, WorkspaceId workspace, string snapshot)
    {
        string Part(string kind) => Path.Combine(folder.Scratch(id), kind, workspace.Value);
        var (upper, work, merged) = (Part("upper"), Part("work"), Part("merged"));
        foreach (var part in new[] { upper, work, merged })
            Directory.CreateDirectory(part, OwnerOnly);
        // The top folder of an overlay is the upper one's: the agent has to own it.
        Libc.ChangeOwner(upper, AgentUser.Uid, AgentUser.Gid);
        Libc.Mount("vexa-workspace", merged, "overlay", MountFlags.NoSuid | MountFlags.NoDev, $"lowerdir={snapshot},upperdir={upper},workdir={work}{OverlayOptions}");
        return merged;
    }

    /// <summary>Unmounts and removes it. Does nothing where it is gone.</summary>
    public void Remove(DispatchId id)
    {
        var root = folder.Scratch(id);
        MountTable.UnmountAll(root);
        if (Directory.Exists(root))
            Directory.Delete(root);
    }

    /// <summary>Dispatches that have one.</summary>
    public IEnumerable<DispatchId> List() =>
        Directory.EnumerateDirectories(folder.Scratches).Select(path => Id.Parse<DispatchId>(Path.GetFileName(path)));
}
