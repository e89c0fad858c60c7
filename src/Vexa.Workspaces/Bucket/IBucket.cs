namespace Vexa.Workspaces;

/// <summary>
/// Where everything durable lies (I6): objects by key, put whole or not at all. Every call throws <see cref="Contracts.VexaException"/>
/// <c>bucket-full</c> (507) or <c>bucket-unavailable</c> (503) where the storage fails, and <see cref="ArgumentException"/> for a bad key.
/// After such a failure a put may have happened or not.
/// </summary>
/// <remarks>
/// A key is 1 to 1,024 characters in segments of <c>A-Z a-z 0-9 . _ -</c> divided by <c>/</c>; no segment is empty or starts with a dot. No
/// key may be a folder of another one.
/// </remarks>
public interface IBucket
{
    /// <summary>The fencing number of the lease under which this process writes; null where the bucket itself keeps its writers apart.</summary>
    long? Fence => null;

    /// <summary>The whole object, or null where there is none. For objects that fit into memory.</summary>
    Task<BucketObject?> Get(string key, CancellationToken ct);

    /// <summary>Copies an object of any size; false where there is none, and then nothing was written.</summary>
    Task<bool> CopyTo(string key, Stream destination, CancellationToken ct);

    /// <summary>
    /// Puts an object. It is durable when this returns; whatever happens in between, readers see the old object or the new one.
    /// </summary>
    /// <returns>The new ETag; null where the condition did not hold, and then nothing has changed.</returns>
    Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct);

    /// <summary>The keys that start with <paramref name="prefix"/>, in ordinal order; the empty prefix lists all.</summary>
    Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct);

    /// <summary>Removes an object; nothing happens where there is none.</summary>
    Task Delete(string key, CancellationToken ct);
}

/// <param name="ETag">Names this content; equal content may have an equal ETag.</param>
public sealed record BucketObject(ReadOnlyMemory<byte> Content, string ETag);

/// <summary>What must hold for a put to happen.</summary>
public readonly record struct PutCondition
{
    private PutCondition(bool createOnly, string? etag) => (IsCreateOnly, ETag) = (createOnly, etag);

    public static PutCondition None => default;

    /// <summary>There is no such object yet.</summary>
    public static PutCondition CreateOnly => new(true, null);

    /// <summary>The object is there with this ETag.</summary>
    public static PutCondition IfMatch(string etag) => new(false, etag);

    public bool IsCreateOnly { get; }

    public string? ETag { get; }
}

public static class BucketPuts
{
    /// <summary>The same for content that is in memory.</summary>
    public static async Task<string?> Put(this IBucket bucket, string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken ct)
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        return await bucket.Put(key, stream, condition, ct);
    }
}
