using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// The bucket of some settings, ready to write to by any number of processes, or by this one alone: what the S3 server can do was tried first.
/// Dispose it last; it gives up the lease.
/// </summary>
public sealed partial class OpenedBucket : IAsyncDisposable
{
    // Whoever waits for a start wants to hear of a wrong setting soon.
    private static readonly TimeSpan PatienceAtStart = TimeSpan.FromSeconds(10);

    private readonly S3Objects? _objects;
    private readonly WriterLease? _lease;
    private bool _needsLease;

    private OpenedBucket(IBucket bucket, S3Objects? objects = null, WriterLease? lease = null) => (Bucket, _objects, _lease) = (bucket, objects, lease);

    public IBucket Bucket { get; }

    /// <summary>The server ignores conditions, so a process writes alone, under a lease.</summary>
    public bool IsLeased => _lease is not null || _needsLease;

    /// <param name="leases">
    /// What the processes share that may write to this bucket; null where they share nothing, and then only one of them can have it open.
    /// </param>
    /// <exception cref="VexaException">
    /// <c>bucket-unavailable</c>, <c>bucket-full</c>, <c>bucket-denied</c>, <c>bucket-missing</c>, <c>bucket-region</c>,
    /// <c>bucket-credentials</c>; <c>bucket-in-use</c> where the server ignores conditions and another process writes to the bucket.
    /// </exception>
    public static Task<OpenedBucket> Open(BucketSettings settings, ILeaseStore? leases, TimeProvider time, ILogger log, CancellationToken ct) =>
        Open(settings, leases, new Opening(LeaseTimes.Usual, time, log), ct);

    /// <summary>The same to be read only, beside whoever writes to it: nothing is tried, and no lease is taken.</summary>
    /// <exception cref="VexaException"><c>bucket-credentials</c>; or the folder cannot be used.</exception>
    public static OpenedBucket OpenForReading(BucketSettings settings, TimeProvider time, ILogger log)
    {
        if (settings.Address.Folder is { } folder)
            return new OpenedBucket(new ReadOnlyBucket(FolderBucket.OpenForReading(folder, time)));

        var objects = new S3Objects(settings.Address, settings.S3, time, log);
        return new OpenedBucket(new ReadOnlyBucket(new S3Bucket(objects)), objects);
    }

    internal static async Task<OpenedBucket> Open(BucketSettings settings, ILeaseStore? leases, Opening how, CancellationToken ct)
    {
        if (settings.Address.Folder is { } folder)
            return new OpenedBucket(new FolderBucket(folder, how.Time));

        S3Objects? objects = null;
        try
        {
            var (name, (_, time, log, handler)) = (settings.Address.ToString(), how);
            var support = await Probe(settings, how, ct);
            objects = new S3Objects(settings.Address, settings.S3, time, log, handler) { Support = support };
            if (support.Conditions)
            {
                Obeys(log, name, support.ConditionsOnParts ? "every put" : "puts of one request");
                return new OpenedBucket(new S3Bucket(objects), objects);
            }

            Ignores(log, name, support.Parts ? "uploads in parts" : "no uploads in parts: it does not give them back");
            var lease = await WriterLease.Take(objects, name, leases, how.Times, time, log, ct);
            return new OpenedBucket(new LeasedBucket(new S3Bucket(objects), lease), objects, lease);
        }
        catch
        {
            objects?.Dispose();
            throw;
        }
    }

    /// <summary>Opens the bucket for somebody who only looks: no object is made, nothing is claimed, and nothing that is put here is safe from others.</summary>
    /// <exception cref="VexaException">As for opening it; never <c>bucket-in-use</c>.</exception>
    public static async Task<OpenedBucket> OpenToLook(BucketSettings settings, TimeProvider time, CancellationToken ct)
    {
        if (settings.Address.Folder is { } folder)
            return new OpenedBucket(new FolderBucket(folder, time));

        var how = new Opening(LeaseTimes.Usual, time, NullLogger.Instance);
        var support = await Probe(settings, how, ct);
        var objects = new S3Objects(settings.Address, settings.S3 with { Patience = PatienceAtStart }, time, how.Log) { Support = support };
        return new OpenedBucket(new S3Bucket(objects), objects) { _needsLease = !support.Conditions };
    }

    /// <summary>What the server can do; it leaves nothing behind.</summary>
    /// <exception cref="VexaException">The bucket cannot be read or written.</exception>
    internal static async Task<S3Support> Probe(BucketSettings settings, Opening how, CancellationToken ct)
    {
        using var objects = new S3Objects(settings.Address, settings.S3 with { Patience = PatienceAtStart }, how.Time, how.Log, how.Handler);
        return await S3Probe.Run(objects, how.Time, ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_lease is not null)
            await _lease.DisposeAsync();
        _objects?.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Bucket}: the S3 server obeys the conditions of {What}")]
    private static partial void Obeys(ILogger log, string bucket, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Bucket}: the S3 server ignores the conditions of a put, so this process writes to it alone, under a lease (docs/buckets.md), and with {What}")]
    private static partial void Ignores(ILogger log, string bucket, string what);
}

/// <param name="Handler">In place of the network.</param>
internal sealed record Opening(LeaseTimes Times, TimeProvider Time, ILogger Log, HttpMessageHandler? Handler = null);
