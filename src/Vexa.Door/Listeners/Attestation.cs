using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
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
    public static bool TryAttest(Socket socket, DispatchId dispatch, [NotNullWhen(true)] out DoorPeer? peer)
    {
        peer = null;
        var pid = PeerCredentials.Of(socket).Pid;
        if (pid <= 0)
            return false;

        using var held = PeerPidFd(socket);
        var startedBefore = held is null ? StartTime(pid) : null;
        if (!IsInContainer(pid, WorkloadSpec.ContainerNameOf(dispatch)))
            return false;

        // Still the same process after its cgroup was read? Then what was read is its own.
        var same = held is not null ? IsAlive(held, pid) : startedBefore is not null && startedBefore == StartTime(pid);
        if (same)
            peer = new DoorPeer(dispatch, pid);

        return same;
    }

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
    private static SafeFileHandle? PeerPidFd(Socket socket)
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

    private static bool IsAlive(SafeFileHandle pidfd, int pid) =>
        File.ReadLines($"/proc/self/fdinfo/{pidfd.DangerousGetHandle()}").Any(line => line.StartsWith("Pid:", StringComparison.Ordinal)
            && line.AsSpan(4).Trim().SequenceEqual(pid.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    private static string? StartTime(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
