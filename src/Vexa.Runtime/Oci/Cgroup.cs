using System.Globalization;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Oci;

/// <summary>A container's control groups, on cgroup v1 (one hierarchy a controller), v2, and both at once.</summary>
internal sealed class Cgroup(string parent, string name)
{
    private const string Root = ControlGroups.Root;
    private static readonly bool Unified = ControlGroups.Read().Layout == CgroupLayout.V2;

    /// <summary>False where the kernel keeps no account of swap.</summary>
    public static bool CountsSwap => Unified || File.Exists($"{Root}/memory/memory.memsw.limit_in_bytes");

    /// <summary>True where the kernel killed a process of the container for want of memory.</summary>
    public bool WasOutOfMemory()
    {
        var file = Unified ? $"{Root}/{parent}/{name}/memory.events" : $"{Root}/memory/{parent}/{name}/memory.oom_control";
        foreach (var line in ReadLines(file))
            if (line.StartsWith("oom_kill ", StringComparison.Ordinal))
                return long.Parse(line.AsSpan("oom_kill ".Length), CultureInfo.InvariantCulture) > 0;

        return false;
    }

    /// <summary>True where the kernel holds these limits: rootless, an engine may pass over one that it could not set.</summary>
    public bool Holds(OciResources limits)
    {
        string Value(string file) => File.ReadAllText($"{Root}/{parent}/{name}/{file}").Trim();
        return Value("memory.max") == limits.Memory.Limit.ToString(CultureInfo.InvariantCulture)
            && Value("pids.max") == limits.Pids.Limit.ToString(CultureInfo.InvariantCulture)
            && Value("cpu.max") == string.Create(CultureInfo.InvariantCulture, $"{limits.Cpu.Quota} {limits.Cpu.Period}");
    }

    /// <summary>Processes that are still in it; with several hierarchies, in any: a start that was cut short may be in some of them only.</summary>
    public IReadOnlyList<int> Processes() =>
    [
        .. Folders($"{parent}/{name}").SelectMany(folder => ReadLines($"{folder}/cgroup.procs")).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Distinct(),
    ];

    /// <summary>Names of the groups in it.</summary>
    public IReadOnlyList<string> Inner() => [.. Names($"{parent}/{name}")];

    public Cgroup In(string inner) => new($"{parent}/{name}", inner);

    /// <summary>Kills whatever is in it.</summary>
    public void Kill()
    {
        foreach (var pid in Processes())
        {
            if (Libc.OpenPidfd(pid) is not { } pidfd)
                continue;
            // Looked at again, now that the pid cannot change its meaning.
            if (Processes().Contains(pid))
                Libc.SendSignal(pidfd, Libc.SigKill);
            Libc.Close(pidfd);
        }
    }

    /// <summary>Removes what is left of it. Does nothing where processes are in it, or nothing is left.</summary>
    /// <returns>True where nothing is left.</returns>
    public bool Remove()
    {
        foreach (var folder in Folders($"{parent}/{name}"))
            TryRemove(folder);

        return !Folders($"{parent}/{name}").Any();
    }

    /// <summary>Removes the parent, unless another container, perhaps of another installation, is in it.</summary>
    public static void RemoveParent(string parent)
    {
        foreach (var folder in Folders(parent))
            TryRemove(folder);
    }

    /// <summary>Names of all groups below a parent.</summary>
    public static IEnumerable<string> Names(string parent) =>
        Folders(parent).SelectMany(Directory.EnumerateDirectories).Select(folder => Path.GetFileName(folder)).Distinct();

    public static IEnumerable<string> Folders(string path) =>
        (Unified ? [Root] : Directory.GetDirectories(Root)).Select(hierarchy => $"{hierarchy}/{path}").Where(Directory.Exists);

    private static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            return []; // gone meanwhile
        }
    }

    private static void TryRemove(string folder)
    {
        try
        {
            // Not recursive: a control group's files cannot be removed, the folder goes with them.
            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // Busy: somebody else's containers, or ours that its owner still ends.
        }
    }
}
