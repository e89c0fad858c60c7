using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Vexa.Hosting;

/// <summary>Who is at the other end of a Unix socket, as the kernel says (<c>unix(7)</c>, <c>SO_PEERCRED</c>): never as it claims.</summary>
/// <param name="Pid">In this process's pid namespace; 0 where the peer is in none that we see.</param>
public readonly partial record struct PeerCredentials(int Pid, uint Uid, uint Gid)
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>True where the peer runs as this process's own user.</summary>
    public bool IsSameUser => Uid == EffectiveUserId();

    /// <exception cref="SocketException">The socket is not a connected Unix socket.</exception>
    public static PeerCredentials Of(Socket socket)
    {
        Span<byte> ucred = stackalloc byte[12];
        _ = socket.GetRawSocketOption(SolSocket, SoPeerCred, ucred);
        return new PeerCredentials(MemoryMarshal.Read<int>(ucred), MemoryMarshal.Read<uint>(ucred[4..]), MemoryMarshal.Read<uint>(ucred[8..]));
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUserId();
}
