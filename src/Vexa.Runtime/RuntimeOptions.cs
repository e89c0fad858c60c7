using Vexa.Contracts;
using Vexa.Runtime.Native;

namespace Vexa.Runtime;

/// <summary>The settings of the runtime role. Read nowhere else: whoever composes the role passes them.</summary>
public sealed record RuntimeOptions
{
    /// <summary>
    /// The runtime folder: an absolute path of at most 40 characters (the sockets below it have to fit in 107), on tmpfs, through
    /// which every user may pass.
    /// </summary>
    public required string RunFolder { get; init; }

    /// <summary>Where the image builder puts images: <c>&lt;data&gt;/images</c>.</summary>
    public required string ImagesFolder { get; init; }

    /// <summary>Name of this node, as statuses tell it.</summary>
    public string Node { get; init; } = Environment.MachineName;

    /// <summary>What runs the containers: <c>oci</c>, which needs no daemon, or <c>docker</c>.</summary>
    public string Backend { get; init; } = "oci";

    /// <summary>What walls a container off where its spec does not say.</summary>
    public Isolation Isolation { get; init; } = Isolation.Runc;

    /// <summary>What drives isolation <c>runc</c> without a daemon: <c>runc</c>, <c>crun</c> or an absolute path of either.</summary>
    public string OciRuntime { get; init; } = "runc";

    /// <summary>Where the Docker Engine listens; follows Docker's own <c>DOCKER_HOST</c>, of which only <c>unix://</c> is taken.</summary>
    public string DockerHost { get; init; } = "unix:///var/run/docker.sock";

    /// <summary>
    /// The cgroup below which all containers get theirs; follows <see cref="Slug"/>. Two installations on one machine have two, or each would
    /// take the other's for what was left behind.
    /// </summary>
    public string CgroupParent { get; init; } = "vexa";

    /// <summary>Workspace snapshots that are kept though nobody uses them now; 0 to 1,000.</summary>
    public int UnusedSnapshots { get; init; } = 8;

    /// <summary>Size limit of all snapshots together, in MiB; 64 or more.</summary>
    public int SnapshotsMb { get; init; } = 8192;

    /// <summary>Ended workloads whose status and last output are remembered; 1 to 10,000.</summary>
    public int RememberedWorkloads { get; init; } = 128;

    /// <summary>Containers that live here at once; 1 to 10,000. Default: one for each 40 MB of this machine's memory, 8 to 1,000.</summary>
    public int MaxWorkloads { get; init; } = DefaultWorkloads;

    /// <summary>Of these, one subject's; 1 to 10,000. Default: half of the default number for the node.</summary>
    public int MaxPerSubject { get; init; } = Math.Max(8, DefaultWorkloads / 2);

    /// <summary>Starts that wait for a place; 0 to 10,000, of one subject never more than may live. Each waits for at most 30 s.</summary>
    public int MaxQueued { get; init; } = 64;

    private static int DefaultWorkloads { get; } = (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (40 << 20), 8, 1000);

    /// <exception cref="VexaException">Names every fault at once: rule <c>runtime-options</c>.</exception>
    public void Validate()
    {
        var faults = Faults().ToList();
        if (faults.Count > 0)
            throw new VexaException(Stage.RuntimeStart, Party.Operator, "runtime-options",
                $"The runtime cannot start: {string.Join("; ", faults)}.", "Mend these settings and start again.");
    }

    private IEnumerable<string> Faults()
    {
        if (Libc.EffectiveUser() != 0)
            yield return "it has to run as root, because it mounts file systems and starts containers";
        if (Node.Length is 0 or > 253)
            yield return "the node's name has 1 to 253 characters";
        if (!Path.IsPathFullyQualified(RunFolder) || RunFolder.Length > 40)
            yield return "the runtime folder has to be an absolute path of at most 40 characters";
        else if (RunFolder.AsSpan().IndexOfAny(",:\\ ") >= 0)
            yield return "the runtime folder may not contain ',', ':', '\\' or blanks, which have a meaning in mount options";
        else if (ClosedParent(RunFolder) is { } closed)
            yield return $"the runtime folder lies below {closed}, which other users may not pass through";
        if (!Path.IsPathFullyQualified(ImagesFolder))
            yield return "the images folder has to be an absolute path";
        if (Backend is not ("oci" or "docker"))
            yield return "the backend is oci or docker";
        if (Isolation is not (Isolation.Runc or Isolation.Gvisor))
            yield return "the isolation is runc or gvisor";
        if (!DockerHost.StartsWith("unix:///", StringComparison.Ordinal))
            yield return "the Docker Engine is reached by unix:///path only";
        if (MaxWorkloads is < 1 or > 10_000 || MaxPerSubject is < 1 or > 10_000 || MaxQueued is < 0 or > 10_000)
            yield return "workloads at once, and each subject's: 1 to 10,000; queued ones: 0 to 10,000";
        if (!Slug.IsValid(CgroupParent))
            yield return "the parent cgroup has to be a name of a-z, 0-9 and '-'";
        if (UnusedSnapshots is < 0 or > 1000)
            yield return "unused snapshots: 0 to 1,000";
        if (SnapshotsMb < 64)
            yield return "the size limit of snapshots: at least 64 MiB";
        if (RememberedWorkloads is < 1 or > 10_000)
            yield return "remembered workloads: 1 to 10,000";
    }

    private static string? ClosedParent(string folder)
    {
        for (var parent = Path.GetDirectoryName(folder); parent is not null; parent = Path.GetDirectoryName(parent))
            if (Directory.Exists(parent) && !File.GetUnixFileMode(parent).HasFlag(UnixFileMode.OtherExecute))
                return parent;

        return null;
    }
}
