using System.Globalization;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Oci;

/// <summary>
/// What a container or a killed engine leaves behind becomes a child of this process, which is their subreaper, and stays a zombie until
/// it is collected here: by one for the whole process, because so are its children. Those that .NET has started are .NET's to collect, and
/// first processes of containers are <see cref="ProcessWatch"/>'s.
/// </summary>
internal sealed class OrphanReaper
{
    // How runsc's helpers are called, because it starts them by /proc/self/exe. Nothing that this role starts itself has that name.
    private const string Helper = "exe";
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(10);

    // What the kernel and .NET do takes real time, whatever the role's clock says.
    private static readonly TimeProvider Clock = TimeProvider.System;

    // .NET collects its own within milliseconds; one that was started just now may not be known as its own yet.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly HashSet<int> _kept = [];
    private readonly SortedSet<long> _startsUnderWay = [];
    private readonly Dictionary<Zombie, Sight> _seen = [];
    private readonly ITimer _later;
    private long _lastStart;

    private OrphanReaper() => _later = Clock.CreateTimer(_ => ReapLater(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public static OrphanReaper OfThisProcess { get; } = new();

    /// <summary>A container is being started, whose pid is not known yet: until this is disposed, nothing that may be it is collected.</summary>
    public IDisposable Starting()
    {
        lock (_lock)
        {
            _startsUnderWay.Add(++_lastStart);
            return new Start(this, _lastStart);
        }
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
            _kept.Remove(pid);
    }

    /// <summary>Collects orphans, now and again in a moment where some may not be collected yet.</summary>
    public void Reap()
    {
        lock (_lock)
        {
            var zombies = Directory.EnumerateDirectories("/proc/self/task").SelectMany(Children).Where(pid => !_kept.Contains(pid) && !Command.IsOurs(pid))
                .Select(Zombie.Find).OfType<Zombie>().ToHashSet();
            // What somebody else has collected meanwhile.
            foreach (var gone in _seen.Keys.Where(seen => !zombies.Contains(seen)).ToList())
                _seen.Remove(gone);

            foreach (var zombie in zombies)
                if (IsOrphan(zombie) && Libc.OpenPidfd(zombie.Pid) is { } pidfd)
                {
                    _ = Libc.Reap(pidfd);
                    Libc.Close(pidfd);
                    _seen.Remove(zombie);
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

    private void ReapLater()
    {
        try
        {
            Reap();
        }
        catch (IOException)
        {
            // No descriptor to look with, for the moment.
            _later.Change(Grace, Timeout.InfiniteTimeSpan);
        }
    }

    // Not of a start that was under way when it was first seen, and nobody else's who would have collected it meanwhile.
    private bool IsOrphan(Zombie zombie)
    {
        if (!_seen.TryGetValue(zombie, out var sight))
            _seen[zombie] = sight = new Sight(Clock.GetTimestamp(), _lastStart);

        return (_startsUnderWay.Count == 0 || _startsUnderWay.Min > sight.LastStart) && (zombie.Name == Helper || Clock.GetElapsedTime(sight.At) >= Grace);
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

    private sealed record Sight(long At, long LastStart);

    // With the time it was started, as the kernel counts it: a pid may come again.
    private sealed record Zombie(int Pid, string Name, string Started)
    {
        private const int StateField = 0, StartField = 19;

        public static Zombie? Find(int pid)
        {
            try
            {
                var stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
                var (begin, end) = (stat.IndexOf('(', StringComparison.Ordinal), stat.LastIndexOf(')'));
                var fields = stat[(end + 2)..].Split(' ');
                return fields[StateField] == "Z" ? new Zombie(pid, stat[(begin + 1)..end], fields[StartField]) : null;
            }
            catch (IOException)
            {
                return null; // collected meanwhile
            }
        }
    }

    private sealed class Start(OrphanReaper reaper, long number) : IDisposable
    {
        public void Dispose()
        {
            lock (reaper._lock)
                reaper._startsUnderWay.Remove(number);
        }
    }
}
