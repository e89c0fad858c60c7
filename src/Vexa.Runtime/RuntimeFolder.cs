using Vexa.Contracts;
using Vexa.Runtime.Native;

namespace Vexa.Runtime;

/// <summary>Where things lie in the runtime folder, which is on tmpfs and shared with the other roles of this node.</summary>
internal sealed class RuntimeFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode PassThrough = OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private const string CanaryPrefix = "canary-";

    private RuntimeFolder(string root) => Root = root;

    public string Root { get; }

    public string Socket => Path.Combine(Root, "runtime.sock");
    public string ControlSocket => Path.Combine(Root, "control.sock");
    public string DoorSocket => Path.Combine(Root, "door.sock");

    /// <summary>The state of the engines, each its own.</summary>
    public string Engines => Path.Combine(Root, "engines");

    public string Engine(Isolation isolation) => Path.Combine(Engines, isolation.ToString().ToLowerInvariant());

    /// <summary>A tmpfs of its own, so that a huge workspace fills it and not the folder that the sockets are in.</summary>
    public string Snapshots => Path.Combine(Root, "snapshots");

    public string Workloads => Path.Combine(Root, "workloads");
    public string Scratches => Path.Combine(Root, "scratch");

    /// <summary>A file that no container may see, for as long as one looks for it.</summary>
    public string Canary(DispatchId id) => Path.Combine(Root, CanaryPrefix + id.Value);

    /// <summary>Whose canaries are there.</summary>
    public IEnumerable<(string Path, string Name)> Canaries() =>
        Directory.EnumerateFiles(Root, CanaryPrefix + "*").Select(path => (path, Path.GetFileName(path)[CanaryPrefix.Length..]));

    public string Workload(DispatchId id) => Path.Combine(Workloads, id.Value);

    /// <summary>The tmpfs of one dispatch: its token, and what it writes into its workspaces.</summary>
    public string Scratch(DispatchId id) => Path.Combine(Scratches, id.Value);

    public string Doors => Path.Combine(Root, "door");

    /// <summary>Made by the door; mounted into the container.</summary>
    public string Door(DispatchId id) => Path.Combine(Doors, id.Value);

    /// <summary>Makes it where it is missing, and all that lies in it by this role.</summary>
    public static RuntimeFolder Open(string path)
    {
        Directory.CreateDirectory(path, PassThrough);
        // The kernel tells of mounts by their real path: /run/vexa where /var/run/vexa was asked for.
        var folder = new RuntimeFolder(Libc.RealPath(path));
        folder.Create();
        return folder;
    }

    /// <summary>As it is, for whoever only looks.</summary>
    public static RuntimeFolder At(string path) => new(path);

    private void Create()
    {
        // Git checks workspaces out as the agent's user, who has to be able to pass through; what lies here has narrower modes.
        foreach (var folder in new[] { Root, Snapshots })
        {
            Directory.CreateDirectory(folder, PassThrough);
            File.SetUnixFileMode(folder, PassThrough);
        }

        foreach (var folder in new[] { Engines, Workloads, Scratches })
            Directory.CreateDirectory(folder, OwnerOnly);
    }
}
