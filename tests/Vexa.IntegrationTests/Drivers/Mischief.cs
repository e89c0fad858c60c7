using System.Globalization;
using System.Text.Json;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;
using StackOptions = Vexa.Cli.Stack.StackOptions;

namespace Vexa.IntegrationTests.Drivers;

/// <summary>What of a running stack can be killed.</summary>
public enum Victim
{
    /// <summary>The runtime role.</summary>
    Runtime,

    /// <summary>The door role.</summary>
    Door,

    /// <summary>A process of an engine that starts or removes a container just now; or the whole Docker engine, which is then started again.</summary>
    Engine,

    /// <summary>Every process of a container, the first included.</summary>
    Container,

    /// <summary>A worker alone.</summary>
    Worker,

    /// <summary>Any one process of a container.</summary>
    Process,
}

/// <summary>
/// Kills parts of one stack, found by what the kernel says of them: by its runtime folder in a command, by the control groups of its own
/// dispatches. Nothing else on the machine is touched.
/// </summary>
/// <param name="docker">What runs its containers, and nobody else's; null where no daemon does.</param>
internal sealed class Mischief(RunningStack stack, RunningDocker? docker = null)
{
    private static readonly TimeSpan EnginePatience = TimeSpan.FromMilliseconds(400);

    private string Groups { get; } = new StackOptions { DataFolder = stack.Data, RunFolder = stack.Run }.CgroupParent;

    /// <summary>Kills one.</summary>
    /// <param name="choose">A number below the one given.</param>
    /// <returns>False where there is none just now.</returns>
    public async Task<bool> Kill(Victim victim, Func<int, int> choose) => victim switch
    {
        // It takes seconds to come back: only in the middle of something is it worth them.
        Victim.Engine when docker is not null => Containers().Count > 0 && await Kill(docker),
        Victim.Runtime => KillRole("runtime"),
        Victim.Door => KillRole("door"),
        Victim.Engine => KillEngine(),
        Victim.Container => Containers() is { Count: > 0 } all && ProcessesOf(all[choose(all.Count)]) is { Count: > 0 } processes && KillAll(processes),
        Victim.Worker => Containers().SelectMany(ProcessesOf).Where(pid => Command(pid).Contains("vexa-worker", StringComparison.Ordinal)).ToList() is { Count: > 0 } workers
            && KillNow(workers[choose(workers.Count)]),
        _ => Containers().SelectMany(ProcessesOf).ToList() is { Count: > 0 } processes && KillNow(processes[choose(processes.Count)]),
    };

    /// <summary>Dispatches that the runtime has anything of.</summary>
    public IReadOnlyList<string> Containers() => Names("workloads");

    /// <summary>Whatever is left of dispatches anywhere: files, mounts, control groups, processes.</summary>
    public async Task<IReadOnlyList<string>> Orphans(IEnumerable<DispatchId> dispatches)
    {
        var names = dispatches.Select(WorkloadSpec.ContainerNameOf).ToHashSet();
        var engines = Path.Combine(stack.Run, "engines");
        return
        [
            .. (docker is null ? [] : await docker.Containers()).Select(name => $"container {name}"),
            .. Names("workloads").Select(name => $"workload {name}"),
            .. Names("scratch").Select(name => $"scratch {name}"),
            .. Names("door").Select(name => $"door {name}"),
            .. (Directory.Exists(engines) ? Directory.EnumerateDirectories(engines).SelectMany(Directory.EnumerateFileSystemEntries) : []).Select(entry => $"engine's {entry}"),
            .. MountTable.At(stack.Run).Where(mount => mount != Path.Combine(stack.Run, "snapshots")).Select(mount => $"mount {mount}"),
            .. Cgroup.Names(Groups).Where(names.Contains).Select(name => $"control group {name}"),
            .. Processes().Where(pid => InGroupOf(pid, names)).Select(pid => $"process {pid} {Command(pid)}"),
            .. Processes().Where(pid => Command(pid).Contains($"--root {stack.Run}/engines", StringComparison.Ordinal)).Select(pid => $"engine {pid} {Command(pid)}"),
        ];
    }

    /// <summary>Where a role is healthy now.</summary>
    public bool IsHealthy(string role) => HealthyPid(role) is not null;

    private static async Task<bool> Kill(RunningDocker docker)
    {
        await docker.Kill();
        await docker.Restart();
        return true;
    }

    private bool KillRole(string role) => HealthyPid(role) is { } pid && KillNow(pid);

    // An engine lives for a few milliseconds: it is waited for, without rest.
    private bool KillEngine()
    {
        for (var since = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(since) < EnginePatience;)
            if (Processes().FirstOrDefault(IsEngine) is var pid and not 0 && KillNow(pid))
                return true;

        return false;
    }

    private bool IsEngine(int pid) => Command(pid).Contains($"--root {stack.Run}/engines", StringComparison.Ordinal);

    private int? HealthyPid(string role)
    {
        using var state = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(stack.Data, "stack.json")));
        var found = state.RootElement.GetProperty("roles").EnumerateArray().Single(r => r.GetProperty("name").GetString() == role);
        return string.Equals(found.GetProperty("phase").GetString(), "healthy", StringComparison.OrdinalIgnoreCase) ? found.GetProperty("process").GetProperty("pid").GetInt32() : null;
    }

    private List<string> Names(string folder) => Path.Combine(stack.Run, folder) is var path && Directory.Exists(path)
        ? [.. Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)]
        : [];

    private List<int> ProcessesOf(string dispatch) =>
    [
        // Docker's own group is in the one that bears the name.
        .. Cgroup.Folders($"{Groups}/{WorkloadSpec.ContainerNameOf(Id.Parse<DispatchId>(dispatch))}").SelectMany(group => Inner(group).Prepend(group))
            .SelectMany(group => ReadLines(Path.Combine(group, "cgroup.procs"))).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Distinct(),
    ];

    private static string[] Inner(string group)
    {
        try
        {
            return Directory.GetDirectories(group);
        }
        catch (IOException)
        {
            return []; // gone meanwhile
        }
    }

    private static bool KillAll(List<int> pids) => pids.ConvertAll(KillNow).Contains(true);

    private static bool KillNow(int pid)
    {
        if (Libc.OpenPidfd(pid) is not { } pidfd)
            return false;
        Libc.SendSignal(pidfd, Libc.SigKill);
        Libc.Close(pidfd);
        return true;
    }

    private static IEnumerable<int> Processes() =>
        Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0).Where(pid => pid > 0);

    private static bool InGroupOf(int pid, HashSet<string> names) =>
        ReadLines($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/cgroup").Any(line => line.Split('/').Any(names.Contains));

    private static string Command(int pid) => string.Join(' ', ReadLines($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/cmdline")).Replace('\0', ' ');

    private static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
