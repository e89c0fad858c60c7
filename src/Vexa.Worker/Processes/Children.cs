using System.Globalization;
using System.Runtime.InteropServices;

namespace Vexa.Worker.Processes;

/// <summary>
/// All processes below us, and the duties of PID 1: whatever ends is reaped, also what was orphaned and handed to us. Starting and
/// reaping share a lock, so a child that ends at once is known before its status is told; and because nothing else in this program starts
/// processes, one waiter may wait for all without stealing anybody's status. It waits in a thread of its own and not on SIGCHLD: whoever
/// registers for that signal makes .NET handle it, and .NET, where it is PID 1, then reaps every child itself and their status is gone.
/// </summary>
internal sealed class Children : IDisposable
{
    private static readonly TimeSpan KillPause = TimeSpan.FromMilliseconds(5);
    private const int KillRounds = 200;

    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Child> _live = [];
    private readonly SemaphoreSlim _started = new(0);
    private volatile bool _disposed;

    public Children(TimeProvider clock)
    {
        _clock = clock;
        // Outside of a container, orphans come to us as well, so that the whole tree can be found and ended.
        _ = Libc.PrCtl(Libc.PrSetChildSubreaper, 1, 0, 0, 0);
        new Thread(Reap, 128 * 1024) { IsBackground = true, Name = "reaper" }.Start();
    }

    /// <summary>Starts a process.</summary>
    /// <exception cref="SpawnException">It cannot be started.</exception>
    public unsafe Child Start(SpawnPlan plan)
    {
        var stdout = stackalloc int[2];
        var stderr = stackalloc int[2];
        if (Libc.Pipe2(stdout, Libc.OCloExec) != 0)
            throw new SpawnException(Marshal.GetLastPInvokeError());
        if (Libc.Pipe2(stderr, Libc.OCloExec) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            CloseBoth(stdout);
            throw new SpawnException(error);
        }

        Child? child = null;
        int failed;
        lock (_gate)
        {
            failed = Spawn.Start(plan, stdout[1], stderr[1], out var pid);
            if (failed == 0)
                _live[pid] = child = new(pid, stdout[0], stderr[0]);
        }

        if (child is null)
        {
            CloseBoth(stdout);
            CloseBoth(stderr);
            throw new SpawnException(failed);
        }

        _started.Release();
        _ = Libc.Close(stdout[1]);
        _ = Libc.Close(stderr[1]);
        return child;
    }

    /// <summary>
    /// Kills every process but us and waits until they are gone. As PID 1 of the container one call reaches them all, however they hid
    /// (own sessions, double forks) and without a race against new forks; elsewhere our descendants are killed until none is left.
    /// </summary>
    public async Task KillAll()
    {
        for (var round = 0; round < KillRounds; round++)
        {
            if (Environment.ProcessId == 1)
                _ = Libc.Kill(-1, Libc.SigKill);
            var left = Descendants();
            if (left.Count == 0)
                return;
            foreach (var pid in left)
                _ = Libc.Kill(pid, Libc.SigKill);
            await Task.Delay(KillPause, _clock);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _started.Release();
    }

    private unsafe void Reap()
    {
        while (!_disposed)
        {
            int status;
            var pid = Libc.WaitPid(-1, &status, 0);
            if (pid > 0)
                lock (_gate)
                {
                    if (_live.Remove(pid, out var child))
                        child.SetExited(ExitStatus.FromWait(status));
                }
            else if (Marshal.GetLastPInvokeError() != Libc.EIntr)
            {
                // No child at all; an orphan can only come from one that we start.
                GiveUpLost();
                _started.Wait();
            }
        }
    }

    /// <summary>Should somebody else have reaped a child of ours, its status is unknown, but whoever waits for it must not wait forever.</summary>
    private void GiveUpLost()
    {
        lock (_gate)
            foreach (var (pid, child) in _live.ToList())
                if (Libc.Kill(pid, 0) != 0)
                {
                    _live.Remove(pid);
                    child.SetExited(default);
                }
    }

    private static unsafe void CloseBoth(int* pipe)
    {
        _ = Libc.Close(pipe[0]);
        _ = Libc.Close(pipe[1]);
    }

    /// <summary>Living processes below us; zombies are only waiting for the reaper.</summary>
    private static HashSet<int> Descendants()
    {
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && ParentOf(pid) is { } parent)
                parents[pid] = parent;

        var below = new HashSet<int>();
        for (var before = -1; before != below.Count;)
        {
            before = below.Count;
            foreach (var (pid, parent) in parents)
                if (parent == Environment.ProcessId || below.Contains(parent))
                    below.Add(pid);
        }

        return below;
    }

    private static int? ParentOf(int pid)
    {
        try
        {
            // "pid (name) state ppid ...": the name may hold anything, so the last parenthesis counts.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ', 3);
            return fields[0] is "Z" or "X" ? null : int.Parse(fields[1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended while we looked.
            return null;
        }
    }
}
