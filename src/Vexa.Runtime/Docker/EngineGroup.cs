using Vexa.Contracts;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;

namespace Vexa.Runtime.Docker;

/// <summary>
/// The control group around the one that an engine makes for a container and names by its id. It bears the container's name, which is
/// what the door attests by.
/// </summary>
internal static class EngineGroup
{
    /// <summary>What all of them are in, where systemd owns control groups.</summary>
    public const string Slice = "vexa.slice";

    private const string ScopePrefix = "docker-";
    private const string ScopeSuffix = ".scope";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    public static Cgroup Around(string container, string parent, bool systemd) =>
        systemd ? new Cgroup(Slice, WorkloadSpec.SliceOf(container)) : new Cgroup(parent, container);

    /// <summary>The id in the name of an engine's own group.</summary>
    public static string ContainerOf(string group) =>
        group.StartsWith(ScopePrefix, StringComparison.Ordinal) && group.EndsWith(ScopeSuffix, StringComparison.Ordinal) ? group[ScopePrefix.Length..^ScopeSuffix.Length] : group;

    /// <summary>systemd keeps a slice, also an empty one, until it is told to stop it.</summary>
    public static Task TellSystemd(string container, CancellationToken ct) =>
        new Command("systemctl", ["stop", "--", WorkloadSpec.SliceOf(container)]) { Timeout = Bound }.Run(ct);
}
