using Vexa.Contracts;
using Vexa.Runtime.Images;

namespace Vexa.Runtime.Workloads;

/// <summary>Everything that a backend needs to start a container: the spec, and where on this node its parts lie ready.</summary>
internal sealed record WorkloadPlan
{
    public required WorkloadSpec Spec { get; init; }

    public required ImageLayers Image { get; init; }

    /// <summary>Holds <c>door.sock</c>, and an empty folder <c>token</c> for <see cref="TokenFolder"/> to be mounted on.</summary>
    public required string DoorFolder { get; init; }

    /// <summary>Holds the dispatch token, on a tmpfs.</summary>
    public required string TokenFolder { get; init; }

    public required IReadOnlyList<PlannedMount> Mounts { get; init; }
}

/// <summary>A workspace as it lies ready on this node.</summary>
/// <param name="Target">Where it appears in the container.</param>
/// <param name="Snapshot">The immutable tree, shared by all dispatches.</param>
/// <param name="Private">Where writes go, for this dispatch alone; null where nothing may be written.</param>
internal sealed record PlannedMount(string Target, string Snapshot, PrivateLayer? Private);

/// <param name="Upper">Takes what is written.</param>
/// <param name="Work">Scratch space of the overlay, on the same file system.</param>
internal sealed record PrivateLayer(string Upper, string Work);
