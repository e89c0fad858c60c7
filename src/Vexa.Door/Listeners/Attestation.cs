using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Vexa.Contracts;
using Vexa.Hosting;

namespace Vexa.Door.Listeners;

/// <summary>
/// Which container is at the other end? Peer pid → cgroup → container name, as the kernel says. The pid is held by a pidfd
/// (<c>SO_PEERPIDFD</c>) meanwhile, so a process that died and whose number was given away again is not mistaken for it.
/// </summary>
internal static class Attestation
{
    private const int SolSocket = 1;
    private const int SoPeerPidFd = 77;

    /// <summary>True where the peer is a process of the container of <paramref name="dispatch"/>.</summary>
    public static bool TryAttest(Socket socket, DispatchId dispatch, out int pid)
    {
        var peer = pid = PeerCredentials.Of(socket).Pid;
        if (peer <= 0)
            return false;

        using var held = PeerPidFd(socket);
        return IsOfOneProcess(() => held is null ? StartTime(peer) : HeldPid(held), () => IsInContainer(peer, WorkloadSpec.ContainerNameOf(dispatch)));
    }

    /// <summary>True where what was looked at is so, and was the same living process before and after.</summary>
    /// <param name="identity">Tells processes apart that have had the same number; null where there is none.</param>
    internal static bool IsOfOneProcess(Func<string?> identity, Func<bool> look) =>
        identity() is { } before && look() && identity() == before;

    /// <summary>Reads <c>/proc/&lt;pid&gt;/cgroup</c> only: mount tables can be forged by a workload with mount rights.</summary>
    internal static bool IsInContainer(int pid, string container)
    {
        try
        {
            return CgroupNames(File.ReadLines($"/proc/{pid}/cgroup"), container);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// True where at least one hierarchy names the container as a whole path segment and none names another of ours. Where systemd owns
    /// control groups, the segment is a slice; only the one way in which its name can be written counts.
    /// </summary>
    internal static bool CgroupNames(IEnumerable<string> lines, string container)
    {
        var slice = WorkloadSpec.SliceOf(container);
        var found = false;
        foreach (var line in lines)
        {
            if (line.Split(':', 3) is not [_, _, var path])
                continue;

            foreach (var segment in path.Split('/'))
            {
                if (segment == container || segment == slice)
                    found = true;
                else if (segment.StartsWith("vexa-agent-", StringComparison.Ordinal) || segment.StartsWith(@"vexa-agent\x2d", StringComparison.Ordinal))
                    return false;
            }
        }

        return found;
    }

    // Kernel 6.5 and later; before that the start time has to do.
    internal static SafeFileHandle? PeerPidFd(Socket socket)
    {
        Span<byte> fd = stackalloc byte[4];
        try
        {
            _ = socket.GetRawSocketOption(SolSocket, SoPeerPidFd, fd);
            return new SafeFileHandle(BinaryPrimitives.ReadInt32LittleEndian(fd), ownsHandle: true);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>The number of the process that a pidfd holds; null once it has ended, though the number may be another's by then.</summary>
    internal static string? HeldPid(SafeFileHandle pidfd)
    {
        const string Label = "Pid:";
        return File.ReadLines($"/proc/self/fdinfo/{pidfd.DangerousGetHandle()}").FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal)) is { } line
            && line[Label.Length..].Trim() is var pid && pid != "-1"
                ? pid
                : null;
    }

    /// <summary>When a process began, in the kernel's own ticks: no two of the same number began at once. Null where there is none.</summary>
    internal static string? StartTime(int pid)
    {
        try
        {
            return StartTimeIn(File.ReadAllText($"/proc/{pid}/stat"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The 22nd field. The second is a name of the process's own choice, which may hold blanks and brackets.</summary>
    internal static string StartTimeIn(string stat) => stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
}
