using System.Collections.Concurrent;
using System.Security.Cryptography;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>The data keys of the workspaces that are in use, unwrapped once each.</summary>
internal sealed class WorkspaceKeys(IKeySource keys) : IDisposable
{
    private readonly ConcurrentDictionary<WorkspaceId, Unwrapped> _unwrapped = new();

    /// <summary>A key for a workspace that is being made, and its wrapped form for the manifest.</summary>
    public async Task<(WorkspaceKey Key, string Wrapped)> Create(WorkspaceId id, CancellationToken ct)
    {
        var key = new WorkspaceKey(id, DataKey.New());
        return (key, (await keys.Wrap(key.Data, Purpose(id), ct)).Text);
    }

    /// <exception cref="VexaException"><c>key-unknown</c>, <c>key-wrong</c>, <c>manifest-damaged</c>.</exception>
    public async Task<WorkspaceKey> Of(Manifest manifest, CancellationToken ct)
    {
        if (_unwrapped.TryGetValue(manifest.Workspace, out var known) && known.Wrapped == manifest.WrappedKey)
            return known.Key;

        // Wrapped anew it is still the same key; the object that was handed out before stays sound for who has it.
        var key = new WorkspaceKey(manifest.Workspace, await Unwrap(manifest, ct));
        _unwrapped[manifest.Workspace] = new Unwrapped(manifest.WrappedKey!, key);
        return key;
    }

    /// <summary>The key-encryption key of a workspace's wrapped key.</summary>
    public static string KeyId(Manifest manifest) => Parse(manifest).KeyId;

    public bool IsCurrent(Manifest manifest) => KeyId(manifest) == keys.CurrentKeyId;

    /// <exception cref="VexaException"><c>key-unknown</c>, <c>key-wrong</c>, <c>manifest-damaged</c>: nobody can open the workspace.</exception>
    public async Task RequireOpen(Manifest manifest, CancellationToken ct) => (await Unwrap(manifest, ct)).Dispose();

    /// <summary>The wrapped form under the current key. The wrapped key is opened for it, not the one that is remembered: what cannot be opened is not spread.</summary>
    public async Task<string> Rewrap(Manifest manifest, CancellationToken ct)
    {
        using var key = await Unwrap(manifest, ct);
        return (await keys.Wrap(key, Purpose(manifest.Workspace), ct)).Text;
    }

    /// <summary>Overwrites the key in memory. Nobody may be using it.</summary>
    public void Forget(WorkspaceId id)
    {
        if (_unwrapped.TryRemove(id, out var known))
            known.Key.Data.Dispose();
    }

    public void Dispose()
    {
        foreach (var id in _unwrapped.Keys)
            Forget(id);
    }

    private ValueTask<DataKey> Unwrap(Manifest manifest, CancellationToken ct) => keys.Unwrap(Parse(manifest), Purpose(manifest.Workspace), ct);

    private static WrappedKey Parse(Manifest manifest) =>
        manifest.WrappedKey is { } text && WrappedKey.TryParse(text) is { } wrapped ? wrapped : throw Manifests.Damaged(manifest.Workspace, null);

    private static string Purpose(WorkspaceId id) => WorkspaceKey.Scope(id);

    private sealed record Unwrapped(string Wrapped, WorkspaceKey Key);
}

/// <summary>What seals a workspace's bundles, and names them: a name shows nothing of the content, not even to who guesses it.</summary>
internal sealed class WorkspaceKey
{
    private readonly WorkspaceId _id;
    private readonly byte[] _names = new byte[DataKey.Length];

    public WorkspaceKey(WorkspaceId id, DataKey data)
    {
        (_id, Data) = (id, data);
        Seal = new ObjectSeal(data, Scope(id));
        data.Derive(_names, [], $"vexa-bundle-names-1\0{Scope(id)}");
    }

    public DataKey Data { get; }

    public ObjectSeal Seal { get; }

    /// <summary>Where a bundle lies: the same content has the same key.</summary>
    public string BundleKey(string sha256) => Manifests.BundleKey(_id, Convert.ToHexStringLower(HMACSHA256.HashData(_names, Convert.FromHexString(sha256))));

    public static string Scope(WorkspaceId id) => $"workspace/{id}";
}
