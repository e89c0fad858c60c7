using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>A backup that was made.</summary>
public sealed record BackupReport
{
    public required string Snapshot { get; init; }
    public required int Workspaces { get; init; }
    /// <summary>That it has.</summary>
    public required long Objects { get; init; }
    public required long Bytes { get; init; }
    /// <summary>Of these, those that were not there yet.</summary>
    public required long NewObjects { get; init; }
    public required long NewBytes { get; init; }
    /// <summary>Workspaces that were shredded while it was made; they are not in it.</summary>
    public required IReadOnlyList<WorkspaceId> Shredded { get; init; }
    /// <summary>What is wrong with what was copied, as far as it was looked at: what an earlier backup has was looked at then.</summary>
    public required IReadOnlyList<BucketFault> Faults { get; init; }
}

/// <summary>A snapshot, as it stands in a list.</summary>
/// <param name="Fault">Why it cannot be opened; then nothing else of it is known.</param>
public sealed record SnapshotInfo(string Id, DateTimeOffset At, int Workspaces, long Objects, long Bytes, VexaException? Fault);

/// <summary>What was removed.</summary>
/// <param name="Kept">The snapshots that are left, oldest first.</param>
/// <param name="Objects">That no snapshot names any more.</param>
public sealed record PruneReport(IReadOnlyList<string> Removed, IReadOnlyList<string> Kept, long Objects);

/// <summary>A bucket that was restored.</summary>
public sealed record RestoreReport
{
    public required string Snapshot { get; init; }
    public required int Workspaces { get; init; }
    public required long Objects { get; init; }
    public required long Bytes { get; init; }
    /// <summary>Of these, those that an earlier try had brought.</summary>
    public required long AlreadyThere { get; init; }
    /// <summary>Workspaces that it has and that were shredded since, as a later snapshot says: they stay destroyed.</summary>
    public required IReadOnlyList<WorkspaceId> Shredded { get; init; }
    /// <summary>What was damaged; restored without it.</summary>
    public required IReadOnlyList<BucketFault> Faults { get; init; }
}
