using System.Globalization;
using Vexa.Cli.Setup;
using Vexa.Cli.Stack;
using Vexa.Contracts;
using Vexa.Runtime.Oci;

namespace Vexa.Cli.Rootless;

/// <summary>What a plain user's containers depend on, as it is on this machine.</summary>
internal sealed record RootlessFacts
{
    public required string User { get; init; }
    public required Version Kernel { get; init; }

    /// <summary>False where a plain user may make no user namespace.</summary>
    public required bool UserNamespaces { get; init; }

    /// <summary>True where AppArmor takes away what a user namespace would give.</summary>
    public required bool AppArmorRestricts { get; init; }

    /// <summary>Programs that are needed and missing.</summary>
    public required IReadOnlyList<string> MissingTools { get; init; }

    /// <summary>How many user ids and group ids this user may hand out.</summary>
    public required long SubordinateUsers { get; init; }
    public required long SubordinateGroups { get; init; }

    /// <summary>The hard limit of open files, which only root of the machine may raise.</summary>
    public required long OpenFiles { get; init; }
    public required CgroupLayout Layout { get; init; }

    /// <summary>This process's own control group, below <c>/sys/fs/cgroup</c>.</summary>
    public required string Group { get; init; }

    /// <summary>True where this user may make groups in it.</summary>
    public required bool GroupIsOwn { get; init; }
    public required IReadOnlyList<string> GroupControllers { get; init; }

    /// <summary>Processes in it besides this one: a group with processes of its own cannot limit groups in it.</summary>
    public required int OtherProcesses { get; init; }
    public required string RunFolder { get; init; }
    public required bool RunFolderOnTmpfs { get; init; }

    /// <summary>The nearest folder above the runtime folder that other users may not pass through; null where there is none.</summary>
    public required string? ClosedFolder { get; init; }
    public required string Backend { get; init; }
    public required Isolation Isolation { get; init; }

    public static RootlessFacts Read(StackOptions options)
    {
        var group = File.ReadLines("/proc/self/cgroup").Select(line => line.Split(':', 3)).FirstOrDefault(parts => parts[0] == "0")?[2] ?? "/";
        var folder = $"/sys/fs/cgroup{group.TrimEnd('/')}";
        var user = Environment.UserName;
        var uid = Libc.EffectiveUser().ToString(CultureInfo.InvariantCulture);
        return new RootlessFacts
        {
            User = user,
            Kernel = Environment.OSVersion.Version,
            UserNamespaces = Number("/proc/sys/user/max_user_namespaces", absent: 0) > 0 && Number("/proc/sys/kernel/unprivileged_userns_clone", absent: 1) == 1,
            AppArmorRestricts = Number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", absent: 0) == 1,
            MissingTools = [.. Prerequisite.ForRootless.Where(tool => tool.FindPath() is null).Select(tool => tool.Command)],
            SubordinateUsers = Subordinate("/etc/subuid", user, uid),
            SubordinateGroups = Subordinate("/etc/subgid", user, uid),
            OpenFiles = HardLimit(File.ReadLines("/proc/self/limits"), "Max open files"),
            Layout = ControlGroups.Read().Layout,
            Group = group,
            GroupIsOwn = Libc.OwnerOf(folder) == Libc.EffectiveUser() && Libc.OwnerOf($"{folder}/cgroup.subtree_control") == Libc.EffectiveUser(),
            GroupControllers = Words($"{folder}/cgroup.controllers"),
            OtherProcesses = Words($"{folder}/cgroup.procs").Except([Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]).Count(),
            RunFolder = options.RunFolder,
            RunFolderOnTmpfs = Tmpfs.Holds(options.RunFolder),
            ClosedFolder = Closed(options.RunFolder),
            Backend = options.Backend,
            Isolation = options.Isolation,
        };
    }

    /// <param name="lines">Of <c>/etc/subuid</c>: <c>name:first:count</c>, where a name may be a number.</param>
    internal static long Subordinate(IEnumerable<string> lines, string user, string uid) =>
        // The first block is what unshare --map-auto takes.
        lines.Select(line => line.Split(':')).Where(parts => parts.Length == 3 && (parts[0] == user || parts[0] == uid))
            .Select(parts => long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0).FirstOrDefault();

    /// <param name="lines">Of <c>/proc/self/limits</c>: name, soft limit, hard limit, unit.</param>
    internal static long HardLimit(IEnumerable<string> lines, string name) =>
        lines.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] is var hard && hard == "unlimited"
            ? long.MaxValue
            : long.Parse(hard, CultureInfo.InvariantCulture);

    private static long Subordinate(string file, string user, string uid) => File.Exists(file) ? Subordinate(File.ReadLines(file), user, uid) : 0;

    private static long Number(string file, long absent) => File.Exists(file) ? long.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture) : absent;

    private static string[] Words(string file) => File.Exists(file) ? File.ReadAllText(file).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) : [];

    private static string? Closed(string folder)
    {
        for (var path = Path.GetDirectoryName(folder); path is not null; path = Path.GetDirectoryName(path))
            if (Directory.Exists(path) && !File.GetUnixFileMode(path).HasFlag(UnixFileMode.OtherExecute))
                return path;

        return null;
    }
}
