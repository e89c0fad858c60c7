using System.Globalization;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Oci;

/// <summary>
/// What a container or a killed engine leaves behind becomes a child of this process, which is their subreaper, and stays a zombie until
/// it is collected here. Children that .NET has started are .NET's to collect, and first processes of containers are <see cref="ProcessWatch"/>'s.
/// </summary>
internal sealed class OrphanReaper : IDisposable
{
    // How runsc's helpers are called, because it starts them by /proc/self/exe. Nothing that this role starts itself has that name.
    private const string Helper = "exe";
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(10);

    // What the kernel and .NET do takes real time, whatever the role's clock says.
    private static readonly TimeProvider Clock = TimeProvider.System;

    // .NET collects its own within milliseconds.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly HashSet<int> _kept = [];
    private readonly SortedSet<long> _startsUnderWay = [];
    private readonly Dictionary<int, Sight> _seen = [];
    private readonly ITimer _later;
    private long _lastStart;

    public OrphanReaper() => _later = Clock.CreateTimer(_ => Reap(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>A container is being started, whose pid is not known yet: until this is disposed, nothing that may be it is collected.</summary>
    public IDisposable Starting()
    {
        lock (_lock)
            _startsUnderWay.Add(++_lastStart);

        return new Start(this, _lastStart);
    }

    /// <summary>Somebody else waits for this child.</summary>
    public void Keep(int pid)
    {
        lock (_lock)
            _kept.Add(pid);
    }

    /// <summary>Somebody else has collected it.</summary>
    public void Forget(int pid)
    {
        lock (_lock)
        {
            _kept.Remove(pid);
            _seen.Remove(pid);
        }
    }

    /// <summary>Collects orphans, now and again in a moment where some may not be collected yet.</summary>
    public void Reap()
    {
        lock (_lock)
        {
            foreach (var pid in Directory.EnumerateDirectories("/proc/self/task").SelectMany(Children).Where(pid => !_kept.Contains(pid)))
                if (Zombie(pid) is { } name && IsOrphan(pid, name) && Libc.OpenPidfd(pid) is { } pidfd)
                {
                    _ = Libc.Reap(pidfd);
                    Libc.Close(pidfd);
                    _seen.Remove(pid);
                }

            if (_seen.Count > 0)
                _later.Change(Grace, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Collects, again and again until something is done: <c>runsc delete</c> waits until somebody has collected its helpers.</summary>
    public async Task ReapWhile(Task doing)
    {
        do
            Reap();
        while (await Task.WhenAny(doing, Task.Delay(Often, Clock)) != doing);
        Reap();
        await doing;
    }

    public void Dispose() => _later.Dispose();

    // Not of a start that was under way when it was first seen, and nobody else's who would have collected it meanwhile.
    private bool IsOrphan(int pid, string name)
    {
        if (!_seen.TryGetValue(pid, out var sight))
            _seen[pid] = sight = new Sight(Clock.GetTimestamp(), _lastStart);

        return (_startsUnderWay.Count == 0 || _startsUnderWay.Min > sight.LastStart) && (name == Helper || Clock.GetElapsedTime(sight.At) >= Grace);
    }

    private static IEnumerable<int> Children(string thread)
    {
        try
        {
            return File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return []; // the thread has ended
        }
    }

    // The name of an ended process; null where it lives, or is gone.
    private static string? Zombie(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            var (begin, end) = (stat.IndexOf('(', StringComparison.Ordinal), stat.LastIndexOf(')'));
            return stat[end + 2] == 'Z' ? stat[(begin + 1)..end] : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private sealed record Sight(long At, long LastStart);

    private sealed class Start(OrphanReaper reaper, long number) : IDisposable
    {
        public void Dispose()
        {
            lock (reaper._lock)
                reaper._startsUnderWay.Remove(number);
        }
    }
}
