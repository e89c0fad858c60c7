using System.Globalization;
using System.Text.Json.Serialization;

namespace Vexa.Cli.Stack;

/// <summary>One process and no other: a pid is used again, but not with the same start in the same boot.</summary>
/// <param name="StartTicks">As in <c>/proc/&lt;pid&gt;/stat</c>, since the boot.</param>
/// <param name="Boot">The kernel's id of this boot.</param>
internal sealed record ProcessStamp(int Pid, long StartTicks, string Boot)
{
    private static readonly string ThisBoot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>True while exactly this process runs; a zombie does not.</summary>
    [JsonIgnore]
    public bool IsAlive => Boot == ThisBoot && ReadStart(Pid) == StartTicks;

    public static ProcessStamp Own => Of(Environment.ProcessId)!;

    public static ProcessStamp? Of(int pid) => ReadStart(pid) is { } start ? new ProcessStamp(pid, start, ThisBoot) : null;

    /// <summary>Resident memory in bytes; 0 where it is gone.</summary>
    public long ResidentBytes()
    {
        try
        {
            var pages = File.ReadAllText($"/proc/{Pid}/statm").Split(' ')[1];
            return IsAlive ? long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Signals it, unless it is gone.</summary>
    public void Signal(int signal)
    {
        if (IsAlive)
            Libc.Kill(Pid, signal);
    }

    private static long? ReadStart(int pid)
    {
        try
        {
            // The name may hold blanks and brackets; what follows its last bracket does not.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
