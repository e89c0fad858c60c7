namespace Vexa.Workspaces;

/// <summary>
/// Where processes agree on who writes to a bucket that cannot refuse a writer itself. It is a port because what they share is not a matter
/// of this module.
/// </summary>
public interface ILeaseStore
{
    /// <summary>Names what the processes share: two that hear the same name obey the same lease.</summary>
    Task<string> Domain(CancellationToken ct);

    /// <summary>Takes the lease where nobody has it.</summary>
    /// <param name="above">Any fencing number that was seen.</param>
    /// <returns>The fencing number, higher than this and every one before it; null where somebody has the lease.</returns>
    Task<long?> TryTake(string bucket, string holder, long above, TimeSpan lasts, CancellationToken ct);

    /// <summary>Makes it last from now on; false where the holder does not have it any more.</summary>
    Task<bool> Extend(string bucket, string holder, TimeSpan lasts, CancellationToken ct);

    /// <summary>Gives it up; nothing happens where the holder does not have it.</summary>
    Task GiveUp(string bucket, string holder, CancellationToken ct);
}
