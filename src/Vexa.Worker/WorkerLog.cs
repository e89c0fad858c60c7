using System.Text;
using Vexa.Worker.Processes;

namespace Vexa.Worker;

/// <summary>The container's log: standard error, which only whoever runs the installation reads. Written to when something is wrong.</summary>
internal static class WorkerLog
{
    // Not by Console: its first use makes .NET handle SIGCHLD, and as PID 1 it then takes our children's exit status from us. Whether
    // anybody reads it makes no difference to a turn, so a failed write is none of our business.
    public static unsafe void Write(string line)
    {
        var text = Encoding.UTF8.GetBytes($"vexa-worker: {line}\n");
        fixed (byte* bytes = text)
            _ = Libc.Write(2, bytes, text.Length);
    }
}
