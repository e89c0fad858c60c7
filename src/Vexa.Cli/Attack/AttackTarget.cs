using System.Net.Sockets;
using Vexa.Cli.Setup;
using Vexa.Cli.Stack;

namespace Vexa.Cli.Attack;

/// <summary>What is attacked: a backend with a kind of isolation.</summary>
/// <param name="Kind">As <c>--on</c> names it.</param>
/// <param name="Programs">Without these it cannot run on this node.</param>
internal sealed record AttackTarget(string Kind, string Backend, string Isolation, IReadOnlyList<string> Programs)
{
    public static IReadOnlyList<AttackTarget> All { get; } =
    [
        new("runc", "oci", "runc", ["runc"]),
        new("gvisor", "oci", "gvisor", ["runc", "runsc"]),
        new("docker", "docker", "runc", ["runc"]),
        new("docker-gvisor", "docker", "gvisor", ["runc", "runsc"]),
    ];

    public static bool IsKind(string name) => All.Any(target => target.Kind == name);

    /// <summary>Why it cannot be attacked on this node; null where it can.</summary>
    public string? Missing(StackOptions options)
    {
        var lacking = Programs.Where(program => new Prerequisite(program, [program], "", []).FindPath() is null).ToList();
        return lacking.Count > 0 ? $"{string.Join(" and ", lacking)} is not installed"
            : Backend == "docker" && !Answers(options.DockerHost) ? $"no Docker engine answers at {options.DockerHost}"
            : null;
    }

    private static bool Answers(string address)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(address["unix://".Length..]));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
