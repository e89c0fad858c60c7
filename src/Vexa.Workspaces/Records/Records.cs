using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Workspaces;

/// <summary>Small JSON documents in the bucket: runs, sessions, tokens. A record's key is its key in the bucket.</summary>
public sealed class Records(IBucket bucket)
{
    /// <summary>Makes a record.</summary>
    /// <exception cref="VexaException">409 <c>record-exists</c>.</exception>
    public async Task Create<T>(string key, T value, JsonTypeInfo<T> type, CancellationToken ct)
    {
        if (!await TryCreate(key, value, type, ct))
            throw new VexaException(Stage.Record, Party.Caller, "record-exists", $"The record {key} is there already.", "Choose another id.") { Status = 409 };
    }

    /// <summary>Makes a record; false where it is there already, and then it stays as it is.</summary>
    public async Task<bool> TryCreate<T>(string key, T value, JsonTypeInfo<T> type, CancellationToken ct) =>
        await bucket.Put(key, JsonSerializer.SerializeToUtf8Bytes(value, type), PutCondition.CreateOnly, ct) is not null;

    /// <summary>Writes a record, whatever was there.</summary>
    public Task Put<T>(string key, T value, JsonTypeInfo<T> type, CancellationToken ct) =>
        bucket.Put(key, JsonSerializer.SerializeToUtf8Bytes(value, type), PutCondition.None, ct);

    /// <summary>Replaces the record that was read with <paramref name="etag"/>.</summary>
    /// <returns>The new ETag; null where the record has changed since, or is gone.</returns>
    public Task<string?> Replace<T>(string key, T value, string etag, JsonTypeInfo<T> type, CancellationToken ct) =>
        bucket.Put(key, JsonSerializer.SerializeToUtf8Bytes(value, type), PutCondition.IfMatch(etag), ct);

    /// <summary>The record, or null where there is none.</summary>
    /// <exception cref="VexaException"><c>record-damaged</c>: what lies there is not such a record.</exception>
    public async Task<Stored<T>?> Read<T>(string key, JsonTypeInfo<T> type, CancellationToken ct) where T : class
    {
        if (await bucket.Get(key, ct) is not { } found)
            return null;

        try
        {
            return new Stored<T>(Contract.Read(found.Content.Span, type), found.ETag);
        }
        catch (JsonException fault)
        {
            throw new VexaException(Stage.Record, Party.Operator, "record-damaged", $"The record {key} in the bucket cannot be read.",
                "Restore it from a backup of the bucket, or remove it.", fault)
            { Status = 500 };
        }
    }

    /// <summary>The record, or null where there is none that can be read: one that is damaged must not keep all others from being served.</summary>
    /// <param name="passOver">Told of one that is damaged.</param>
    public async Task<T?> ReadIfSound<T>(string key, JsonTypeInfo<T> type, Action<VexaException> passOver, CancellationToken ct) where T : class
    {
        try
        {
            return (await Read(key, type, ct))?.Value;
        }
        catch (VexaException damaged) when (damaged.Rule is "record-damaged" or "object-damaged" or "not-sealed")
        {
            passOver(damaged);
            return null;
        }
    }

    /// <summary>Removes a record; nothing happens where there is none.</summary>
    public Task Remove(string key, CancellationToken ct) => bucket.Delete(key, ct);

    /// <summary>The keys of the records whose key starts with the prefix.</summary>
    public Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct) => bucket.List(prefix, ct);
}

/// <summary>A record as it was read, and the ETag to replace just this one.</summary>
public sealed record Stored<T>(T Value, string ETag) where T : class;
