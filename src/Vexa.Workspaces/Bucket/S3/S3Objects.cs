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
/// Whatever is put carries a mark of its own. Where an answer was lost and the next try finds the condition broken, the mark tells whether
/// it was we who broke it. Equal content would not tell: of two who create the same, one must hear that it was not the first.
/// </remarks>
internal sealed partial class S3Objects : IDisposable
{
    private const string Mark = "vexa-put";
    private const int MostParts = 10_000;
    private static readonly TimeSpan AbortTime = TimeSpan.FromSeconds(10);

    private readonly S3Connection _connection;
    private readonly AmazonS3Client _client;
    private readonly BucketAddress _address;
    private readonly S3Options _options;
    private readonly S3Attempts _attempts;
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

    /// <summary>How the server wants conditions; what the probe found.</summary>
    public ConditionSupport Conditions { get; set; } = ConditionSupport.Whole;

    /// <summary>What is longer is put by more than one request.</summary>
    public int PartSize => _options.PartSize;

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
                    (etag, length) = (Bare(answer.ETag), answer.ContentLength);
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

    /// <summary>One request where the content ends within the first part, else one for each part; then the upload is ended or undone.</summary>
    public async Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct)
    {
        using var part = new PartBuffer(_options.PartSize);
        return await part.Fill(content, ct) ? await PutParts(key, part, content, condition, ct) : await PutWhole(key, part, condition, ct);
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
        if (condition != PutCondition.None && !Conditions.OnParts && !await HoldsNow(key, condition, ct))
            return null;

        var mark = NewMark();
        var start = new InitiateMultipartUploadRequest { BucketName = _address.Name, Key = Full(key) };
        start.Metadata.Add(Mark, mark);
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

            if (await Complete(key, upload, parts, mark, condition, ct) is { } etag)
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

    private Task<string?> PutWhole(string key, PartBuffer part, PutCondition condition, CancellationToken ct)
    {
        var mark = NewMark();
        return Conditionally(key, mark, condition, async stop =>
        {
            using var body = part.Open();
            var request = new PutObjectRequest
            {
                BucketName = _address.Name,
                Key = Full(key),
                InputStream = body,
                AutoCloseStream = false,
                UseChunkEncoding = false,
                IfNoneMatch = condition.IsCreateOnly ? "*" : null,
                IfMatch = condition.ETag is { } etag ? Conditions.Spell(etag) : null,
            };
            request.Metadata.Add(Mark, mark);
            return (await _client.PutObjectAsync(request, stop)).ETag;
        }, ct);
    }

    private Task<PartETag> PutPart(string key, string upload, int number, PartBuffer part, CancellationToken ct) => _attempts.Run(key, async attempt =>
    {
        using var body = part.Open();
        var request = new UploadPartRequest { BucketName = _address.Name, Key = Full(key), UploadId = upload, PartNumber = number, InputStream = body, PartSize = part.Count, UseChunkEncoding = false };
        return new PartETag(number, (await _client.UploadPartAsync(request, attempt.Stop)).ETag);
    }, ct);

    private Task<string?> Complete(string key, string upload, List<PartETag> parts, string mark, PutCondition condition, CancellationToken ct) => Conditionally(key, mark, condition, async stop =>
    {
        var request = new CompleteMultipartUploadRequest { BucketName = _address.Name, Key = Full(key), UploadId = upload, PartETags = parts };
        if (Conditions.OnParts)
            (request.IfNoneMatch, request.IfMatch) = (condition.IsCreateOnly ? "*" : null, condition.ETag is { } etag ? Conditions.Spell(etag) : null);
        return (await _client.CompleteMultipartUploadAsync(request, stop)).ETag;
    }, ct);

    private Task<string?> Conditionally(string key, string mark, PutCondition condition, Func<CancellationToken, Task<string>> request, CancellationToken ct) => _attempts.Run(key, async attempt =>
    {
        try
        {
            return Bare(await request(attempt.Stop));
        }
        catch (AmazonS3Exception refused) when (S3Faults.IsConditionRefused(refused, condition) || (attempt.Doubt && S3Faults.IsMissing(refused)))
        {
            if (!attempt.Doubt)
                return null;
            if (await FindMarked(key, mark, attempt.Stop) is { } ours)
                return ours;

            // Who creates may be told that there is something; who replaces would take null for "nothing has changed".
            return condition.IsCreateOnly && !S3Faults.IsMissing(refused) ? null : throw S3Faults.InDoubt(key);
        }
    }, ct);

    private async Task<string?> FindMarked(string key, string mark, CancellationToken stop)
    {
        try
        {
            var found = await _client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = _address.Name, Key = Full(key) }, stop);
            return found.Metadata[Mark] == mark ? Bare(found.ETag) : null;
        }
        catch (AmazonS3Exception fault) when (S3Faults.IsMissing(fault))
        {
            return null;
        }
    }

    // Not at one moment with the put. What is that large is named by its own content: whoever comes in between writes the same.
    private async Task<bool> HoldsNow(string key, PutCondition condition, CancellationToken ct) =>
        condition.IsCreateOnly ? !(await List(key, ct)).Any(found => found.Key == key) : throw S3Faults.TooLarge(key);

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
            (request.ByteRange, request.EtagToMatch) = (new ByteRange(string.Create(CultureInfo.InvariantCulture, $"bytes={from}-")), Conditions.Spell(etag));
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

    private static string NewMark() => Guid.NewGuid().ToString("N");

    private static string Bare(string etag) => etag.Trim('"');

    private static DateTimeOffset Utc(DateTime? time) => time is { } t ? new DateTimeOffset(t.ToUniversalTime()) : DateTimeOffset.MaxValue;

    [LoggerMessage(Level = LogLevel.Warning, Message = "the upload of {Key} failed, and what was uploaded of it could not be removed")]
    private static partial void NotAborted(ILogger log, Exception fault, string key);

    private sealed class DestinationException(Exception cause) : Exception("The destination failed.", cause);
}
