using System.Globalization;
using Vexa.Runtime.Docker;

namespace Vexa.Runtime.Oci;

/// <summary>
/// The control group that all containers of an installation are in. Each has its own limit of processes, but many together could use up the
/// kernel's process ids, and then nobody on the machine, not even its owner, starts a process any more: so they have a limit together too.
/// </summary>
internal static class SharedGroup
{
    /// <summary>Processes that all containers may have together: three quarters of what the kernel takes.</summary>
    public static int MostPids { get; } = Share(ReadNumber("/proc/sys/kernel/pid_max"), ReadNumber("/proc/sys/kernel/threads-max"));

    /// <summary>
    /// Sets the limit where it is not set. With a container in it, so that nobody takes the group away meanwhile and makes another without it:
    /// an installation that stops removes it where it is empty, and engines make it where it is missing.
    /// </summary>
    public static void Limit(RuntimeOptions options)
    {
        string[] parents = options.Backend == "docker" ? [options.CgroupParent, EngineGroup.Slice] : [options.CgroupParent];
        var most = MostPids.ToString(CultureInfo.InvariantCulture);
        foreach (var file in parents.SelectMany(Cgroup.Folders).Select(folder => $"{folder}/pids.max").Where(File.Exists))
            if (File.ReadAllText(file).TrimEnd() != most)
                File.WriteAllText(file, most);
    }

    internal static int Share(long pids, long threads) => (int)(Math.Min(pids, threads) / 4 * 3);

    private static long ReadNumber(string file) => long.Parse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture);
}
