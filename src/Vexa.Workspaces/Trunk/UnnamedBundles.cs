using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Bundles that no manifest names: of a writer that is about to name them, or of one that crashed. A bucket does not tell how old an object
/// is, so when one was first seen so is kept at <c>unnamed/&lt;workspace&gt;</c>.
/// </summary>
internal sealed class UnnamedBundles(SealedBucket bucket, Manifests manifests, WorkspaceOptions options, TimeProvider time)
{
    private readonly Records _records = new(bucket);

    /// <summary>Removes those that were seen long enough ago. In the publisher's turn, so that nobody in this process is about to name one.</summary>
    public async Task<(int Removed, int Waiting)> Remove(WorkspaceId workspace, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var known = (await _records.Read(Key(workspace), VexaJson.Default.UnnamedObjects, ct))?.Value.Seen ?? new Dictionary<string, DateTimeOffset>();
        // Listed before the manifest is read: what is put meanwhile is not in the list.
        var there = await bucket.List(Manifests.BundleFolder(workspace), ct);
        var named = (await manifests.Read(workspace, ct)).Manifest.Bundles.Select(b => b.Key).ToHashSet(StringComparer.Ordinal);
        var seen = there.Where(key => !named.Contains(key)).ToDictionary(NameOf, key => known.TryGetValue(NameOf(key), out var first) ? first : now, StringComparer.Ordinal);
        var removed = 0;
        foreach (var name in seen.Where(it => now - it.Value >= options.UnnamedFor).Select(it => it.Key).ToList())
        {
            await bucket.Delete(Manifests.BundleKey(workspace, name), ct);
            seen.Remove(name);
            removed++;
        }

        if (seen.Count > 0)
            await _records.Put(Key(workspace), new UnnamedObjects(seen), VexaJson.Default.UnnamedObjects, ct);
        else if (known.Count > 0)
            await _records.Remove(Key(workspace), ct);
        return (removed, seen.Count);
    }

    /// <summary>Where it is kept since when they are there.</summary>
    public static string Key(WorkspaceId workspace) => $"unnamed/{workspace}";

    private static string NameOf(string key) => key[(key.LastIndexOf('/') + 1)..];
}
