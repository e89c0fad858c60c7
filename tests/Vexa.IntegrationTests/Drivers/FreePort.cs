using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Vexa.IntegrationTests.Drivers;

/// <summary>
/// Ports of the loopback for servers that bind them later. They lie below those that the kernel gives to whoever asks for any, and each is
/// given once: so nobody else has it by the time its server starts.
/// </summary>
internal static class FreePort
{
    private const int Count = 8192;

    // Another run of the tests beside this one begins elsewhere.
    private static int _taken = Environment.ProcessId * 61 % Count;

    // Above what programs of the machine are used to, where the kernel's own begin early.
    private static int First { get; } = Math.Max(10_000, int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t')[0], CultureInfo.InvariantCulture) - Count);

    public static int Take()
    {
        for (var tries = 0; tries < Count; tries++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _taken) % Count);
            if (IsFree(port))
                return port;
        }

        throw new InvalidOperationException($"No port from {First} on is free.");
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException taken) when (taken.SocketErrorCode == System.Net.Sockets.SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
