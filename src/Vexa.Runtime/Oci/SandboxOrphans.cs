using System.Collections.Concurrent;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Oci;

/// <summary>
/// What a container's first process leaves behind becomes a child of this process, which is their subreaper. With a pid namespace nothing is
/// left. Of gVisor its helpers are, and <c>runsc delete</c> waits until somebody has collected them.
/// </summary>
internal sealed class SandboxOrphans
{
    // How runsc's helpers are called, because it starts them by /proc/self/exe. Nothing that this role starts itself has that name.
    private const string Helper = "(exe)";
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentDictionary<int, bool> _sandboxes = new();
    private int _starting;

    /// <summary>While a sandbox starts its pid is not known, so nothing is collected.</summary>
    public async Task<int> Start(Func<Task<int>> start)
    {
        Interlocked.Increment(ref _starting);
        try
        {
            var pid = await start();
            _sandboxes[pid] = true;
            return pid;
        }
        finally
        {
            Interlocked.Decrement(ref _starting);
        }
    }

    /// <summary>The end of a sandbox was seen, and its exit code.</summary>
    public void Forget(int pid) => _sandboxes.TryRemove(pid, out _);

    /// <summary>Collects orphans, again and again until something is done.</summary>
    public async Task ReapWhile(Task doing)
    {
        do
            Reap();
        while (await Task.WhenAny(doing, Task.Delay(Often, TimeProvider.System)) != doing);
        Reap();
        await doing;
    }

    private void Reap()
    {
        if (Volatile.Read(ref _starting) > 0)
            return;

        foreach (var pid in Directory.EnumerateDirectories("/proc/self/task").SelectMany(Children))
        {
            if (_sandboxes.ContainsKey(pid) || !IsEndedHelper(pid) || Libc.OpenPidfd(pid) is not { } pidfd)
                continue;

            _ = Libc.Reap(pidfd);
            Libc.Close(pidfd);
        }
    }

    private static IEnumerable<int> Children(string thread)
    {
        try
        {
            return File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse);
        }
        catch (IOException)
        {
            return []; // the thread has ended
        }
    }

    private static bool IsEndedHelper(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat.Contains($"{Helper} Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // collected meanwhile
        }
    }
}
