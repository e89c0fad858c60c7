using System.Text.Json;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Workspaces;

/// <summary>The manifests in the bucket: one object per workspace, the only thing that says which workspaces there are.</summary>
internal sealed class Manifests(IBucket bucket)
{
    private const string Root = "workspaces/";
    private const string Name = "/manifest";
    private const int MostListed = 10;

    public static string BundleKey(WorkspaceId id, string sha256) => $"{Root}{id}/bundles/{sha256}";

    /// <exception cref="VexaException">404 <c>unknown-workspace</c>, or <c>manifest-damaged</c>.</exception>
    public async Task<(Manifest Manifest, string ETag)> Read(WorkspaceId id, CancellationToken ct) =>
        await Find(id, ct) ?? throw await Unknown(id, ct);

    public async Task<(Manifest Manifest, string ETag)?> Find(WorkspaceId id, CancellationToken ct)
    {
        if (await bucket.Get(Key(id), ct) is not { } found)
            return null;

        try
        {
            if (Contract.Read(found.Content.Span, VexaJson.Default.Manifest) is var manifest && IsSound(manifest, id))
                return (manifest, found.ETag);
        }
        catch (JsonException fault)
        {
            throw Damaged(id, fault);
        }

        throw Damaged(id, null);
    }

    /// <summary>Moves the workspace: the one linearisation point.</summary>
    /// <returns>The new ETag; null where somebody else was first.</returns>
    public Task<string?> Put(Manifest manifest, PutCondition condition, CancellationToken ct) =>
        bucket.Put(Key(manifest.Workspace), JsonSerializer.SerializeToUtf8Bytes(manifest, VexaJson.Default.Manifest), condition, ct);

    public async Task<IReadOnlyList<WorkspaceId>> List(CancellationToken ct)
    {
        var found = new List<WorkspaceId>();
        foreach (var key in await bucket.List(Root, ct))
            if (key.EndsWith(Name, StringComparison.Ordinal) && Id.TryParse<WorkspaceId>(key[Root.Length..^Name.Length], out var id))
                found.Add(id);

        return found;
    }

    private static string Key(WorkspaceId id) => $"{Root}{id}{Name}";

    private static bool IsSound(Manifest manifest, WorkspaceId id) =>
        manifest.Workspace == id && manifest.Refs.ContainsKey(Snapshot.Trunk) && manifest.Refs.Values.All(Sha.IsValid)
        && manifest.Bundles.All(b => b.Key == BundleKey(id, b.Sha256) && b.Sha256.All(char.IsAsciiHexDigitLower));

    private async Task<VexaException> Unknown(WorkspaceId id, CancellationToken ct)
    {
        var there = await List(ct);
        var names = there.Count == 0 ? "there is none yet" : $"there are: {string.Join(", ", there.Take(MostListed))}{(there.Count > MostListed ? ", ..." : "")}";
        return new VexaException(Stage.WorkspaceOpen, Party.Caller, "unknown-workspace", $"There is no workspace {id}.",
            $"Make it with POST /v1/workspaces; {names}.")
        { Status = 404 };
    }

    private static VexaException Damaged(WorkspaceId id, Exception? cause) => new(Stage.WorkspaceOpen, Party.Operator, "manifest-damaged",
        $"The manifest of workspace {id} in the bucket cannot be read.", $"Restore {Key(id)} from a backup of the bucket.", cause)
    { Status = 500 };
}
