using System.Globalization;
using System.Net;
using System.Runtime.ExceptionServices;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// The objects of one S3 bucket below one prefix, under any key: those of <see cref="S3Bucket"/>, and the few whose names start with a dot,
/// which are about the bucket itself.
/// </summary>
/// <remarks>
/// Whatever is put carries a mark of its own (<see cref="PutLine"/>). Where an answer was lost, the mark of what lies there tells whether it was
/// ours.
/// </remarks>
internal sealed partial class S3Objects : IDisposable
{
    private const int MostParts = 10_000;
    private static readonly TimeSpan AbortTime = TimeSpan.FromSeconds(10);

    private readonly S3Connection _connection;
    private readonly AmazonS3Client _client;
    private readonly BucketAddress _address;
    private readonly S3Options _options;
    private readonly S3Attempts _attempts;
    private readonly PutLine _lines = new();
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    /// <param name="handler">In place of the network.</param>
    /// <exception cref="VexaException"><c>bucket-credentials</c>.</exception>
    public S3Objects(BucketAddress address, S3Options options, TimeProvider time, ILogger log, HttpMessageHandler? handler = null)
    {
        (_address, _options, _time, _log) = (address, options, time, log);
        _connection = new S3Connection(options, handler);
        _client = _connection.Client;
        _attempts = new S3Attempts(address, options, time);
    }

    /// <summary>What the probe found.</summary>
    public S3Support Support { get; set; } = S3Support.Whole;

    /// <summary>Copies an object from where the connection was lost, until it is whole.</summary>
    /// <returns>Its ETag; null where there is none.</returns>
    public async Task<string?> CopyTo(string key, Stream destination, CancellationToken ct)
    {
        var (etag, at, length) = ((string?)null, 0L, -1L);
        var buffer = new byte[128 * 1024];
        try
        {
            return await _attempts.Run(key, async attempt =>
            {
                if (at == length)
                    return etag;
                using var answer = await Open(key, at, etag, attempt.Stop);
                if (answer is null)
                    return etag is null ? null : throw Changed(key);

                if (etag is null)
                {
                    (etag, length) = (Bare(answer.ETag), answer.ContentLength);
                    _lines.Remember(key, etag, PutLine.Read(answer.Metadata));
                }

                while (await Read(answer.ResponseStream, buffer, attempt.Stop) is > 0 and var read)
                {
                    await Write(destination, buffer.AsMemory(0, read), ct);
                    at += read;
                    attempt.Progress();
                }

                return at == length ? etag : throw new ConnectionLostException(new EndOfStreamException());
            }, ct);
        }
        catch (DestinationException fault)
        {
            ExceptionDispatchInfo.Throw(fault.InnerException!);
            throw;
        }
    }

    public async Task<BucketObject?> Get(string key, CancellationToken ct)
    {
        using var content = new MemoryStream();
        return await CopyTo(key, content, ct) is { } etag ? new BucketObject(content.ToArray(), etag) : null;
    }

    /// <summary>One request where the content ends within the first part, or where parts would not do; else one for each part.</summary>
    public async Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct)
    {
        using var part = new PartBuffer(_options.PartSize);
        if (!await part.Fill(content, ct))
            return await PutWhole(key, part.Open, condition, ct);
        if (Support.AllowsParts(condition))
            return await PutParts(key, part, content, condition, ct);

        await using var spool = await Spool(key, part, content, ct);
        return await PutWhole(key, () => Rewound(spool), condition, ct);
    }

    /// <summary>The keys that start with a prefix, with the time of their last change, in the server's order.</summary>
    public async Task<IReadOnlyList<(string Key, DateTimeOffset Changed)>> List(string prefix, CancellationToken ct)
    {
        var found = new List<(string, DateTimeOffset)>();
        string? next = null;
        do
        {
            var request = new ListObjectsV2Request { BucketName = _address.Name, Prefix = _address.Prefix + prefix, ContinuationToken = next };
            var page = await _attempts.Run(prefix, attempt => _client.ListObjectsV2Async(request, attempt.Stop), ct);
            found.AddRange((page.S3Objects ?? []).Where(o => o.Key.StartsWith(_address.Prefix, StringComparison.Ordinal)).Select(o => (o.Key[_address.Prefix.Length..], Utc(o.LastModified))));
            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (next is not null);
        return found;
    }

    public Task Delete(string key, CancellationToken ct) => _attempts.Run(key, async attempt =>
    {
        try
        {
            await _client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _address.Name, Key = Full(key) }, attempt.Stop);
        }
        catch (AmazonS3Exception fault) when (S3Faults.IsMissing(fault))
        {
            // Some servers say so; it is what was wanted.
        }

        return true;
    }, ct);

    /// <summary>As <see cref="Put"/> of what is longer than a part.</summary>
    internal async Task<string?> PutParts(string key, PartBuffer part, Stream content, PutCondition condition, CancellationToken ct)
    {
        var line = _lines.Continue(key, condition);
        var start = new InitiateMultipartUploadRequest { BucketName = _address.Name, Key = Full(key) };
        PutLine.Write(start.Metadata, line);
        var upload = (await _attempts.Run(key, attempt => _client.InitiateMultipartUploadAsync(start, attempt.Stop), ct)).UploadId;
        try
        {
            var parts = new List<PartETag>();
            do
            {
                if (parts.Count == MostParts)
                    throw new ArgumentException("The content is larger than an S3 object may be.", nameof(content));
                parts.Add(await PutPart(key, upload, parts.Count + 1, part, ct));
            }
            while (await part.Fill(content, ct) || part.Count > 0);

            if (await Complete(key, upload, parts, line, condition, ct) is { } etag)
                return etag;
        }
        catch
        {
            await Abort(key, upload);
            throw;
        }

        await Abort(key, upload);
        return null;
    }

    public void Dispose() => _connection.Dispose();

    private Task<string?> PutWhole(string key, Func<Stream> open, PutCondition condition, CancellationToken ct)
    {
        var line = _lines.Continue(key, condition);
        return Conditionally(key, line, condition, async attempt =>
        {
            var request = new PutObjectRequest
            {
                BucketName = _address.Name,
                Key = Full(key),
                InputStream = open(),
                AutoCloseStream = false,
                UseChunkEncoding = false,
                IfNoneMatch = condition.IsCreateOnly ? "*" : null,
                IfMatch = condition.ETag is { } etag ? Support.Spell(etag) : null,
                // What is large takes its time; what stands still does not.
                StreamTransferProgress = (_, _) => attempt.Continue(),
            };
            PutLine.Write(request.Metadata, line);
            return (await _client.PutObjectAsync(request, attempt.Stop)).ETag;
        }, ct);
    }

    private Task<PartETag> PutPart(string key, string upload, int number, PartBuffer part, CancellationToken ct) => _attempts.Run(key, async attempt =>
    {
        using var body = part.Open();
        var request = new UploadPartRequest { BucketName = _address.Name, Key = Full(key), UploadId = upload, PartNumber = number, InputStream = body, PartSize = part.Count, UseChunkEncoding = false };
        return new PartETag(number, (await _client.UploadPartAsync(request, attempt.Stop)).ETag);
    }, ct);

    private Task<string?> Complete(string key, string upload, List<PartETag> parts, string line, PutCondition condition, CancellationToken ct) => Conditionally(key, line, condition, async attempt =>
    {
        var request = new CompleteMultipartUploadRequest
        {
            BucketName = _address.Name,
            Key = Full(key),
            UploadId = upload,
            PartETags = parts,
            IfNoneMatch = condition.IsCreateOnly ? "*" : null,
            IfMatch = condition.ETag is { } etag ? Support.Spell(etag) : null,
        };
        return (await _client.CompleteMultipartUploadAsync(request, attempt.Stop)).ETag;
    }, ct);

    private Task<string?> Conditionally(string key, string line, PutCondition condition, Func<S3Attempt, Task<string>> request, CancellationToken ct) => _attempts.Run(key, async attempt =>
    {
        // Before it is tried again: the more time goes by, the more others have written.
        if (attempt.Doubt && await Resolve(key, line, condition, attempt.Stop) is { } known)
            return known.ETag;
        try
        {
            var etag = Bare(await request(attempt));
            _lines.Remember(key, etag, line);
            return etag;
        }
        catch (AmazonS3Exception refused) when (S3Faults.IsConditionRefused(refused, condition) || (attempt.Doubt && S3Faults.IsMissing(refused)))
        {
            return !attempt.Doubt ? null : (await Resolve(key, line, condition, attempt.Stop) ?? throw S3Faults.InDoubt(key)).ETag;
        }
    }, ct);

    // An answer was lost. Null: nothing was performed, as far as can be seen.
    private async Task<Resolved?> Resolve(string key, string line, PutCondition condition, CancellationToken stop)
    {
        if (await Head(key, stop) is not { } found)
            return condition.ETag is null ? null : throw S3Faults.InDoubt(key);

        var (etag, there) = found;
        if (PutLine.IsSame(there, line))
        {
            _lines.Remember(key, etag, line);
            return new Resolved(etag);
        }

        if (condition == PutCondition.None || condition.ETag == etag)
            return null;
        if (condition.IsCreateOnly ? !PutLine.IsAfter(there, line) : PutLine.TookItsPlace(there, line))
            return new Resolved(null);

        throw S3Faults.InDoubt(key);
    }

    private async Task<(string ETag, string Line)?> Head(string key, CancellationToken stop)
    {
        try
        {
            var found = await _client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = _address.Name, Key = Full(key) }, stop);
            return (Bare(found.ETag), PutLine.Read(found.Metadata));
        }
        catch (AmazonS3Exception fault) when (S3Faults.IsMissing(fault))
        {
            return null;
        }
    }

    // Sealed, as everything that comes here, so a disk may hold it for a while.
    private static async Task<FileStream> Spool(string key, PartBuffer part, Stream content, CancellationToken ct)
    {
        var file = new FileStream(Path.Combine(Path.GetTempPath(), $"vexa-{Guid.NewGuid():N}"), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        try
        {
            do
                await Keep(key, file, part, ct);
            while (await part.Fill(content, ct) || part.Count > 0);
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private static async Task Keep(string key, FileStream file, PartBuffer part, CancellationToken ct)
    {
        try
        {
            await using var piece = part.Open();
            await piece.CopyToAsync(file, ct);
        }
        catch (Exception fault) when (BucketFailure.IsStorage(fault))
        {
            throw BucketFailure.From(fault, key);
        }
    }

    private static FileStream Rewound(FileStream file)
    {
        file.Position = 0;
        return file;
    }

    // What was uploaded costs until the upload is undone. Where that fails too, a rule of the bucket ends it; see docs/buckets.md.
    private async Task Abort(string key, string upload)
    {
        using var limit = new CancellationTokenSource(AbortTime, _time);
        try
        {
            await _client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = _address.Name, Key = Full(key), UploadId = upload }, limit.Token);
        }
        catch (Exception fault) when (S3Faults.IsTransient(fault) || fault is Amazon.Runtime.AmazonServiceException)
        {
            NotAborted(_log, fault, key);
        }
    }

    private async Task<GetObjectResponse?> Open(string key, long from, string? etag, CancellationToken stop)
    {
        var request = new GetObjectRequest { BucketName = _address.Name, Key = Full(key) };
        if (etag is not null)
            (request.ByteRange, request.EtagToMatch) = (new ByteRange(string.Create(CultureInfo.InvariantCulture, $"bytes={from}-")), Support.Spell(etag));
        try
        {
            return await _client.GetObjectAsync(request, stop);
        }
        catch (AmazonS3Exception fault) when (S3Faults.IsMissing(fault) || (etag is not null && fault.StatusCode == HttpStatusCode.PreconditionFailed))
        {
            return null;
        }
    }

    private static async Task<int> Read(Stream body, byte[] buffer, CancellationToken stop)
    {
        try
        {
            return await body.ReadAsync(buffer, stop);
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or Amazon.Runtime.AmazonClientException)
        {
            throw new ConnectionLostException(fault);
        }
    }

    // Only the reading is the bucket's: a fault of the destination belongs to its owner, and is no reason to read again.
    private static async Task Write(Stream destination, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await destination.WriteAsync(bytes, ct);
        }
        catch (Exception fault)
        {
            throw new DestinationException(fault);
        }
    }

    private VexaException Changed(string key) => S3Faults.From(new ConnectionLostException(new IOException("It was replaced while it was read.")), key, _address, _options);

    private string Full(string key) => _address.Prefix + key;

    private static string Bare(string etag) => etag.Trim('"');

    private static DateTimeOffset Utc(DateTime? time) => time is { } t ? new DateTimeOffset(t.ToUniversalTime()) : DateTimeOffset.MaxValue;

    [LoggerMessage(Level = LogLevel.Warning, Message = "the upload of {Key} failed, and what was uploaded of it could not be removed")]
    private static partial void NotAborted(ILogger log, Exception fault, string key);

    private sealed record Resolved(string? ETag);

    private sealed class DestinationException(Exception cause) : Exception("The destination failed.", cause);
}
