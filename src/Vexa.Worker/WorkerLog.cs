namespace Vexa.Worker;

/// <summary>The container's log: standard error, which only whoever runs the installation reads. Written to when something is wrong.</summary>
internal static class WorkerLog
{
    public static void Write(string line) => Console.Error.WriteLine($"vexa-worker: {line}");
}
