using System.Globalization;
using System.Text;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Oci;

/// <summary>
/// Calls of an engine that an earlier process of this role had made when it was killed. They go on without it, and one that starts a
/// container would do so behind the back of whoever cleans up: so they are waited for first.
/// </summary>
internal static class EnginesUnderWay
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Returns when none is under way any more. One that takes too long is killed; what is killed and still does not go does nothing more.
    /// </summary>
    /// <param name="stateFolder">As it was given with <c>--root</c>: it is this installation's own.</param>
    public static async Task End(string stateFolder, TimeProvider time, CancellationToken ct)
    {
        for (var since = time.GetTimestamp(); time.GetElapsedTime(since) <= 2 * Patience && Find(stateFolder) is { Count: > 0 } pids;)
        {
            if (time.GetElapsedTime(since) > Patience)
                pids.ForEach(pid => Kill(pid, stateFolder));

            await Task.Delay(Poll, time, ct);
        }
    }

    private static List<int> Find(string stateFolder) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && IsCall(pid, stateFolder)),
    ];

    // In two arguments, as OciEngine writes it. A sandbox of gVisor, which is to live on, has it in one. Whoever is in a container may call
    // himself what he likes, and is none.
    private static bool IsCall(int pid, string stateFolder)
    {
        try
        {
            return IsOfOurNamespace(pid) && File.ReadAllBytes($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/cmdline").AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\0--root\0{stateFolder}\0")) >= 0;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsOfOurNamespace(int pid) => NamespaceOf(pid.ToString(CultureInfo.InvariantCulture)) == NamespaceOf("self");

    private static string? NamespaceOf(string process) => new FileInfo($"/proc/{process}/ns/pid").LinkTarget;

    private static void Kill(int pid, string stateFolder)
    {
        if (Libc.OpenPidfd(pid) is not { } pidfd)
            return;
        // Looked at again, now that the pid cannot change its meaning.
        if (IsCall(pid, stateFolder))
            Libc.SendSignal(pidfd, Libc.SigKill);
        Libc.Close(pidfd);
    }
}
