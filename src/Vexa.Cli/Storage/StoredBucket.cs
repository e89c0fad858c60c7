using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Cli.Commands;
using Vexa.Cli.Stack;
using Vexa.Contracts;
using Vexa.Workspaces;

namespace Vexa.Cli.Storage;

/// <summary>The bucket of this installation, and the places that a person names for its backups.</summary>
internal static class StoredBucket
{
    /// <summary>As it lies there, sealed, and only to be read: the stack may be writing to it.</summary>
    /// <exception cref="VexaException"><c>nothing-stored</c>.</exception>
    public static async Task<OpenedBucket> Open(StackOptions options, CancellationToken ct)
    {
        if (options.Bucket.Address.Folder is { } folder && !Directory.Exists(folder))
            throw Nothing(options);

        var opened = OpenedBucket.OpenForReading(options.Bucket, TimeProvider.System, NullLogger.Instance);
        if (await opened.Bucket.List("", ct) is not [])
            return opened;

        await opened.DisposeAsync();
        throw Nothing(options);
    }

    /// <summary>To write to. Where the server ignores conditions, the stack must be down.</summary>
    public static Task<OpenedBucket> OpenToWrite(StackOptions options, CancellationToken ct) =>
        OpenedBucket.Open(options.Bucket, leases: null, TimeProvider.System, NullLogger.Instance, ct);

    /// <summary>Where backups lie, to be read.</summary>
    /// <exception cref="VexaException"><c>bucket-address</c>, <c>backup-missing</c>, <c>backup-place</c>.</exception>
    public static OpenedBucket OpenPlace(StackOptions options, string address) =>
        OpenedBucket.OpenForReading(Existing(options, address), TimeProvider.System, NullLogger.Instance);

    /// <summary>The same, to remove some.</summary>
    /// <exception cref="VexaException">The same.</exception>
    public static Task<OpenedBucket> OpenPlaceToPrune(StackOptions options, string address, CancellationToken ct) =>
        OpenedBucket.Open(Existing(options, address), leases: null, TimeProvider.System, NullLogger.Instance, ct);

    /// <summary>Where backups shall lie.</summary>
    /// <exception cref="VexaException"><c>bucket-address</c>, <c>backup-place</c>.</exception>
    public static async Task<OpenedBucket> OpenPlaceToWrite(StackOptions options, string address, CancellationToken ct)
    {
        var place = Place(options, address);
        if (place.Address.Folder is { } folder && (folder.TrimEnd('/') + "/").StartsWith(options.DataFolder.TrimEnd('/') + "/", StringComparison.Ordinal))
            throw Faults.Input("backup-place", $"A backup in the data folder goes with it: {folder}", "Name a folder on another disk, or s3://bucket[/prefix].");

        try
        {
            return await OpenedBucket.Open(place, leases: null, TimeProvider.System, NullLogger.Instance, ct);
        }
        catch (VexaException fault) when (fault.Rule == "bucket-unavailable" && place.Address.Folder is not null)
        {
            throw Faults.Machine("backup-unavailable", $"Nothing can be written to {place.Address}: {fault.InnerException?.Message ?? fault.Message}", "Check that it is a folder, on a disk that is there and not read-only.", fault);
        }
    }

    private static BucketSettings Existing(StackOptions options, string address)
    {
        var place = Place(options, address);
        return place.Address.Folder is { } folder && !Directory.Exists(folder)
            ? throw Faults.Input("backup-missing", $"There is no folder {folder}.", "Name the place where the backups lie.")
            : place;
    }

    private static BucketSettings Place(StackOptions options, string address)
    {
        // A word alone is more often a misspelt command than a folder.
        if (!address.Contains('/', StringComparison.Ordinal))
            throw Faults.Input("backup-place", $"{address} names no place.", $"Write a folder with a slash in it, ./{address} or /mnt/{address}, or s3://bucket[/prefix]. Commands are: list, check, prune.");

        var place = options.Bucket.At(address.Contains("://", StringComparison.Ordinal) ? address : Path.GetFullPath(address));
        // As folders, both end in a slash; an S3 bucket's name and its prefix are one path.
        var (there, here) = (place.Address.ToString().TrimEnd('/') + "/", options.Bucket.Address.ToString().TrimEnd('/') + "/");
        return there.StartsWith(here, StringComparison.Ordinal) || here.StartsWith(there, StringComparison.Ordinal)
            ? throw Faults.Input("backup-place", $"A backup cannot lie in what it is a backup of, nor the other way round: {place.Address}", "Name a folder on another disk, or another S3 bucket or prefix.")
            : place;
    }

    private static VexaException Nothing(StackOptions options) =>
        Faults.Input("nothing-stored", $"Nothing is stored in {options.Bucket.Address}.", "Start the stack once (vexa up), or name what holds it: VEXA_DATA, VEXA_BUCKET.");
}
