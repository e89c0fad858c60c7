namespace Vexa.Cli.Attack;

/// <summary>Settings of the whole machine that an agent who got out would change.</summary>
internal sealed class NodeState
{
    private static readonly string[] Files =
    [
        "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug",
        "/proc/sys/kernel/randomize_va_space", "/proc/sys/vm/overcommit_memory", "/proc/sys/fs/suid_dumpable", "/sys/kernel/uevent_helper", "/etc/passwd", "/etc/shadow",
        "/etc/crontab", "/etc/ld.so.preload",
    ];

    private readonly Dictionary<string, string> _read = Now();

    private NodeState() { }

    public static NodeState Read() => new();

    /// <summary>What is different now; null where nothing is.</summary>
    public string? Changed()
    {
        var now = Now();
        var changed = Files.Where(file => now[file] != _read[file]).ToList();
        return changed.Count == 0 ? null : $"changed: {string.Join(", ", changed)}";
    }

    private static Dictionary<string, string> Now() => Files.ToDictionary(file => file, file => File.Exists(file) ? File.ReadAllText(file) : "");
}
