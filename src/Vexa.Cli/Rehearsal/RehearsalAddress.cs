using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Vexa.Cli.Commands;
using Vexa.Hosting;

namespace Vexa.Cli.Rehearsal;

/// <summary>A loopback port, or a Unix socket that only this user may open.</summary>
internal sealed record RehearsalAddress
{
    private readonly IPEndPoint? _endPoint;

    private RehearsalAddress(IPEndPoint? endPoint, string? socket) => (_endPoint, Socket) = (endPoint, socket);

    public string? Socket { get; }

    public static RehearsalAddress Unix(string path) => new(null, Path.GetFullPath(path));

    public static RehearsalAddress Port(string text) => IPEndPoint.TryParse(text, out var endPoint) && text.Contains(':', StringComparison.Ordinal)
        ? new RehearsalAddress(endPoint, null)
        : throw Faults.Input("listen-address", $"This is no address to listen on: {text}", "Write it as 127.0.0.1:PORT; port 0 takes a free one.");

    public void Listen(KestrelServerOptions kestrel)
    {
        if (Socket is not null)
            kestrel.ListenOwnerOnly(Socket);
        else
            kestrel.Listen(_endPoint!, listen => listen.Protocols = HttpProtocols.Http1);
    }

    public override string ToString() => Socket ?? _endPoint!.ToString();
}
