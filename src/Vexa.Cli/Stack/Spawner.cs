using System.Collections.Concurrent;
using System.Diagnostics;

namespace Vexa.Cli.Stack;

/// <summary>
/// Starts processes from one thread that lives as long as the supervisor: the kernel's parent-death signal fires when the thread
/// that forked ends, and a thread of the pool may end at any time.
/// </summary>
internal sealed class Spawner : IDisposable
{
    private readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process> Started)> _orders = [];
    private readonly Thread _thread;

    public Spawner()
    {
        _thread = new Thread(Work) { IsBackground = true, Name = "spawner" };
        _thread.Start();
    }

    /// <summary>
    /// Starts a role in a session of its own, so that a Ctrl-C at the terminal reaches the supervisor only; and with SIGTERM as the
    /// signal of the supervisor's death, so that nothing outlives it.
    /// </summary>
    public Task<Process> Start(RoleSpec role)
    {
        var start = new ProcessStartInfo("setsid", ["setpriv", "--pdeathsig", "TERM", "--", .. role.Command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        foreach (var (name, value) in role.Environment)
            start.Environment[name] = value;
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _orders.Add((start, started));
        return started.Task;
    }

    public void Dispose()
    {
        _orders.CompleteAdding();
        _thread.Join();
        _orders.Dispose();
    }

    private void Work()
    {
        foreach (var (start, started) in _orders.GetConsumingEnumerable())
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (System.ComponentModel.Win32Exception fault)
            {
                started.SetException(fault);
            }
    }
}
