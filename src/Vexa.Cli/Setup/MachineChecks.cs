using System.Text.RegularExpressions;
using Vexa.Cli.Rootless;
using Vexa.Cli.Stack;

namespace Vexa.Cli.Setup;

/// <summary>What the machine itself has to offer.</summary>
internal static partial class MachineChecks
{
    private const long LeastDisk = 2L << 30;
    private const long LeastMemory = 1L << 30;

    public static IEnumerable<Finding> Run(StackOptions options)
    {
        foreach (var user in User(options))
            yield return user;
        yield return Kernel(File.ReadAllText("/proc/sys/kernel/osrelease").Trim());
        yield return Cgroups();
        yield return Overlay();
        yield return RunFolder(options);
        yield return Data(options.DataFolder);
        yield return Space("disk", options.DataFolder, LeastDisk, $"free some space, or name another folder in VEXA_DATA (now {options.DataFolder})");
    }

    internal static Finding Kernel(string release)
    {
        var match = MajorMinor().Match(release);
        var version = match.Success ? new Version(match.Value) : new Version(0, 0);
        if (version < new Version(5, 3))
            return Finding.Wrong("kernel", $"{release}: no pidfd, which attests agents", "use Linux 5.3 or later");
        return Finding.Ok("kernel", version < new Version(6, 5) ? $"{version}, pidfd" : $"{version}, pidfd of socket peers");
    }

    internal static Finding Data(string folder)
    {
        for (var path = folder; path is not null; path = Path.GetDirectoryName(path))
            if (File.Exists(path))
                return Finding.Wrong("data", $"{path} is a file, not a folder", $"move it away, or name another folder in VEXA_DATA (now {folder})");

        return Finding.Ok("data", folder);
    }

    private static IEnumerable<Finding> User(StackOptions options)
    {
        if (Environment.IsPrivilegedProcess)
            return [Finding.Ok("user", "root")];

        var faults = RootlessJudge.Judge(RootlessFacts.Read(options)).Select(fault => Finding.Wrong("rootless", fault.What, fault.Mend)).ToList();
        return faults.Count == 0
            ? [Finding.Ok("user", "rootless: root of a namespace of its own")]
            : [Finding.Wrong("user", "not root, and rootless is not possible yet", "sudo ./vexa up; or what is told of rootless"), .. faults];
    }

    private static Finding Cgroups() => (File.Exists("/sys/fs/cgroup/cgroup.controllers"), Directory.Exists("/sys/fs/cgroup/memory")) switch
    {
        (true, _) => Finding.Ok("cgroups", "version 2"),
        (_, true) => Finding.Ok("cgroups", Directory.Exists("/sys/fs/cgroup/unified") ? "version 1, hybrid" : "version 1"),
        _ => Finding.Wrong("cgroups", "not mounted, so limits cannot hold", "sudo mount -t cgroup2 none /sys/fs/cgroup"),
    };

    private static Finding Overlay() => File.ReadLines("/proc/filesystems").Any(line => line.EndsWith("\toverlay", StringComparison.Ordinal))
        ? Finding.Ok("overlay", "there")
        : Finding.Wrong("overlay", "the kernel has not loaded it", "sudo modprobe overlay");

    private static Finding RunFolder(StackOptions options) => Tmpfs.Holds(options.RunFolder)
        ? Space("tmpfs", options.RunFolder, LeastMemory, "sudo mount -o remount,size=2G /dev/shm")
        : Finding.Wrong("tmpfs", $"{options.RunFolder} is on a disk", "name a folder on tmpfs in VEXA_RUN, or unset it");

    private static Finding Space(string name, string folder, long least, string mend)
    {
        var existing = folder;
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing) ?? "/";
        var free = new DriveInfo(existing).AvailableFreeSpace;
        var detail = $"{free / (1 << 30)} GiB free at {folder}";
        return free >= least ? Finding.Ok(name, detail) : Finding.Wrong(name, $"{detail}, {least >> 30} needed", mend);
    }

    [GeneratedRegex(@"^\d+\.\d+")]
    private static partial Regex MajorMinor();
}
