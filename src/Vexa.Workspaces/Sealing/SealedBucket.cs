using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Workspaces;

/// <summary>
/// Any bucket, sealed: what it is given in clear lies in the bucket below under the installation's records key. The bundles of a workspace
/// are sealed by the workspace's own key instead, which goes through <see cref="Put(string, Stream, ObjectSeal, PutCondition, CancellationToken)"/>
/// and <see cref="CopyTo(string, Stream, ObjectSeal, CancellationToken)"/>. ETags and conditions are those of the bucket below.
/// </summary>
/// <remarks>
/// Below <c>keys/</c> lies in clear what unseals the rest; through this bucket nobody reads, lists or writes it. Beside what every bucket
/// throws, a call throws <c>not-sealed</c> or <c>object-damaged</c> with the object's key. <see cref="CopyTo(string, Stream, CancellationToken)"/>
/// may have passed on a sound beginning by then.
/// </remarks>
public sealed class SealedBucket : IBucket, IDisposable
{
    /// <summary>Below it lies what is not sealed.</summary>
    internal const string KeysFolder = "keys/";
    internal const string RecordsKeyObject = KeysFolder + "records";

    /// <summary>Lies there while a backup is being restored: this is no new bucket.</summary>
    internal const string RestoringObject = KeysFolder + "restoring";

    private const string Records = "records";
    private const int NameLength = 16;

    private readonly IBucket _inner;
    private readonly DataKey _recordsKey;
    private readonly ObjectSeal _records;

    private SealedBucket(IBucket inner, IKeySource keys, DataKey recordsKey)
    {
        (_inner, Keys, _recordsKey) = (inner, keys, recordsKey);
        _records = new ObjectSeal(recordsKey, Records);
    }

    public long? Fence => _inner.Fence;

    internal IKeySource Keys { get; }

    /// <summary>What seals everything here but the bundles.</summary>
    internal ObjectSeal RecordsSeal => _records;

    /// <summary>A name for this bucket, wherever a copy of it lies: it comes from the records key, and says nothing about it.</summary>
    internal string Name
    {
        get
        {
            Span<byte> name = stackalloc byte[NameLength];
            _recordsKey.Derive(name, [], "vexa-bucket-name-1");
            return Convert.ToHexStringLower(name);
        }
    }

    /// <summary>Opens a sealed bucket, or seals one that is empty.</summary>
    /// <exception cref="VexaException">
    /// <c>key-missing</c>, <c>key-unknown</c>, <c>key-wrong</c>: the bucket is sealed and this is not its key. <c>key-file</c>: the file is
    /// open to others, or is none. <c>bucket-not-sealed</c>: there are objects and no key of theirs.
    /// </exception>
    public static async Task<SealedBucket> Open(IBucket inner, SealingOptions options, TimeProvider time, CancellationToken ct)
    {
        var isSealed = await inner.Get(RecordsKeyObject, ct) is not null;
        if (!isSealed && (await inner.List("", ct)).Any(key => key == RestoringObject || !key.StartsWith(KeysFolder, StringComparison.Ordinal)))
            throw SealingFailures.NeverSealed();
        if (isSealed && options.PassphraseFile is { } passphrase && await inner.Get(Passphrase.SaltKey, ct) is null)
            // Without its salt a passphrase opens nothing: a key file sealed this bucket, and another salt does not belong into it.
            throw SealingFailures.Unknown((await ReadRecordsKey(inner, ct)).Wrapped.KeyId, $"the passphrase in {passphrase}");

        IKeySource keys = options switch
        {
            { PassphraseFile: { } file } => await Passphrase.Open(file, inner, ct),
            _ => isSealed ? KeyFile.Open(options.KeyFile, time) : KeyFile.OpenOrCreate(options.KeyFile, time),
        };
        return await Open(inner, keys, ct);
    }

    /// <summary>Looks whether these keys open the bucket; makes no key, and seals nothing.</summary>
    /// <returns>The key that it is sealed under; null where the bucket is empty.</returns>
    /// <exception cref="VexaException">As for opening it.</exception>
    public static async Task<string?> FindKey(IBucket inner, SealingOptions options, TimeProvider time, CancellationToken ct)
    {
        if (await inner.Get(RecordsKeyObject, ct) is null)
        {
            if ((await inner.List("", ct)).Any(key => !key.StartsWith(KeysFolder, StringComparison.Ordinal)))
                throw SealingFailures.NeverSealed();
            // What is there already will be used.
            SecretFile.TryRead(options.PassphraseFile ?? options.KeyFile);
            return null;
        }

        var sealedUnder = (await ReadRecordsKey(inner, ct)).Wrapped.KeyId;
        using var opened = await Open(inner, options, time, ct);
        return sealedUnder;
    }

    /// <summary>Opens it with any source of keys.</summary>
    public static async Task<SealedBucket> Open(IBucket inner, IKeySource keys, CancellationToken ct)
    {
        if (await inner.Get(RecordsKeyObject, ct) is null)
        {
            using var fresh = DataKey.New();
            // Where another process was faster, its key is the one.
            await inner.Put(RecordsKeyObject, await Wrapped(keys, fresh, ct), PutCondition.CreateOnly, ct);
        }

        return new SealedBucket(inner, keys, await keys.Unwrap((await ReadRecordsKey(inner, ct)).Wrapped, Records, ct));
    }

    public async Task<BucketObject?> Get(string key, CancellationToken ct)
    {
        CheckKey(key);
        if (await _inner.Get(key, ct) is not { } found)
            return null;

        using var plain = new MemoryStream(found.Content.Length);
        await using var opening = new OpeningStream(plain, _records, key);
        await opening.WriteAsync(found.Content, ct);
        await opening.Finish(ct);
        return new BucketObject(plain.GetBuffer().AsMemory(0, (int)plain.Length), found.ETag);
    }

    public Task<bool> CopyTo(string key, Stream destination, CancellationToken ct) => CopyTo(key, destination, _records, ct);

    public Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct) => Put(key, content, _records, condition, ct);

    public async Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct) =>
        [.. (await _inner.List(prefix, ct)).Where(key => !key.StartsWith(KeysFolder, StringComparison.Ordinal))];

    public Task Delete(string key, CancellationToken ct)
    {
        CheckKey(key);
        return _inner.Delete(key, ct);
    }

    internal async Task<bool> CopyTo(string key, Stream destination, ObjectSeal seal, CancellationToken ct)
    {
        CheckKey(key);
        await using var opening = new OpeningStream(destination, seal, key);
        if (!await _inner.CopyTo(key, opening, ct))
            return false;

        await opening.Finish(ct);
        return true;
    }

    internal async Task<string?> Put(string key, Stream content, ObjectSeal seal, PutCondition condition, CancellationToken ct)
    {
        CheckKey(key);
        await using var sealing = new SealingStream(content, seal, key);
        return await _inner.Put(key, sealing, condition, ct);
    }

    /// <summary>The key-encryption key that the records key is wrapped under.</summary>
    internal async Task<string> RecordsKeyId(CancellationToken ct) => (await ReadRecordsKey(_inner, ct)).Wrapped.KeyId;

    /// <summary>Has the key source look for the key that another process has made the current one, if one has.</summary>
    internal async Task LearnKeys(CancellationToken ct)
    {
        if (await ReadRecordsKey(_inner, ct) is var (wrapped, _) && wrapped.KeyId != Keys.CurrentKeyId)
            (await Keys.Unwrap(wrapped, Records, ct)).Dispose();
    }

    /// <summary>Wraps the records key under the current key; false where it is so already.</summary>
    internal async Task<bool> RewrapRecordsKey(CancellationToken ct)
    {
        while (await ReadRecordsKey(_inner, ct) is var (wrapped, etag) && wrapped.KeyId != Keys.CurrentKeyId)
            if (await _inner.Put(RecordsKeyObject, await Wrapped(Keys, _recordsKey, ct), PutCondition.IfMatch(etag), ct) is not null)
                return true;

        return false;
    }

    public void Dispose() => _recordsKey.Dispose();

    /// <summary>One of the objects that lie in clear.</summary>
    /// <exception cref="VexaException"><c>object-damaged</c>.</exception>
    internal static async Task<Stored<T>?> ReadClear<T>(IBucket inner, string key, JsonTypeInfo<T> type, CancellationToken ct) where T : class
    {
        try
        {
            return await inner.Get(key, ct) is { } found ? new Stored<T>(Contract.Read(found.Content.Span, type), found.ETag) : null;
        }
        catch (JsonException)
        {
            throw SealingFailures.Damaged(key, "it is not such a document");
        }
    }

    private static async Task<byte[]> Wrapped(IKeySource keys, DataKey key, CancellationToken ct) =>
        JsonSerializer.SerializeToUtf8Bytes(new RecordsKey((await keys.Wrap(key, Records, ct)).Text), VexaJson.Default.RecordsKey);

    private static async Task<(WrappedKey Wrapped, string ETag)> ReadRecordsKey(IBucket inner, CancellationToken ct)
    {
        var found = await ReadClear(inner, RecordsKeyObject, VexaJson.Default.RecordsKey, ct) ?? throw SealingFailures.NeverSealed();
        return WrappedKey.TryParse(found.Value.WrappedKey) is { } wrapped ? (wrapped, found.ETag) : throw SealingFailures.Damaged(RecordsKeyObject, "it holds no wrapped key");
    }

    private static void CheckKey(string key)
    {
        if (key.StartsWith(KeysFolder, StringComparison.Ordinal))
            throw new ArgumentException("What is below keys/ is the sealing's own.", nameof(key));
    }
}
