using Vexa.Cli.Setup;

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
        new("docker", "docker", "runc", ["runc", "docker"]),
        new("docker-gvisor", "docker", "gvisor", ["runc", "runsc", "docker"]),
    ];

    public static bool IsKind(string name) => All.Any(target => target.Kind == name);

    /// <summary>Programs that this node lacks.</summary>
    public IReadOnlyList<string> Missing() => [.. Programs.Where(program => new Prerequisite(program, [program], "", []).FindPath() is null)];
}
