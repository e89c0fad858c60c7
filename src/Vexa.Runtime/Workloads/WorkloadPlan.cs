using Vexa.Contracts;
using Vexa.Runtime.Images;

namespace Vexa.Runtime.Workloads;

/// <summary>Everything that a backend needs to start a container: the spec, and where on this node its parts lie ready.</summary>
internal sealed record WorkloadPlan
{
    public required WorkloadSpec Spec { get; init; }

    /// <summary>What the spec asks for, or else what this node is set to.</summary>
    public required Isolation Isolation { get; init; }

    public required ImageLayers Image { get; init; }

    /// <summary>Holds <c>door.sock</c>, and an empty folder <c>token</c> for <see cref="TokenFolder"/> to be mounted on.</summary>
    public required string DoorFolder { get; init; }

    /// <summary>Holds the dispatch token, on a tmpfs.</summary>
    public required string TokenFolder { get; init; }

    public required IReadOnlyList<PlannedMount> Mounts { get; init; }
}

/// <summary>A workspace as it lies ready on this node.</summary>
/// <param name="Target">Where it appears in the container.</param>
/// <param name="Source">The shared immutable snapshot, or this dispatch's own writable overlay over it.</param>
internal sealed record PlannedMount(string Target, string Source, bool Writable);
