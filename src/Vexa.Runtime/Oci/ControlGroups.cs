namespace Vexa.Runtime.Oci;

/// <summary>How a machine offers its control groups.</summary>
public enum CgroupLayout
{
    /// <summary>Not at all: no limit can hold.</summary>
    None,

    /// <summary>One hierarchy a controller.</summary>
    V1,

    /// <summary>Version 1 for the controllers, and version 2 beside it for naming processes.</summary>
    Hybrid,

    /// <summary>One hierarchy for all controllers.</summary>
    V2,
}

/// <summary>The control groups of this machine, as they are mounted.</summary>
/// <param name="Controllers">Those that could limit a container: <c>cpu</c>, <c>memory</c>, <c>pids</c> and more.</param>
public sealed record ControlGroups(CgroupLayout Layout, IReadOnlyList<string> Controllers)
{
    internal const string Root = "/sys/fs/cgroup";

    // Without one of them a container could starve all others.
    private static readonly string[] Needed = ["cpu", "memory", "pids"];

    /// <summary>Controllers that limits need and that are not there.</summary>
    public IReadOnlyList<string> Missing => [.. Needed.Except(Controllers)];

    public static ControlGroups Read() => Read(Root);

    internal static ControlGroups Read(string root)
    {
        if (File.Exists($"{root}/cgroup.controllers"))
            return new(CgroupLayout.V2, File.ReadAllText($"{root}/cgroup.controllers").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

        string[] found = [.. Needed.Where(controller => Directory.Exists($"{root}/{controller}"))];
        var layout = found.Length == 0 ? CgroupLayout.None : File.Exists($"{root}/unified/cgroup.procs") ? CgroupLayout.Hybrid : CgroupLayout.V1;
        return new(layout, found);
    }
}
