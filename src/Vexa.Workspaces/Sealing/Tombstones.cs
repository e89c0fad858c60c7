using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>What is left of the workspaces that were shredded: <c>tombstones/&lt;id&gt;</c>.</summary>
internal sealed class Tombstones(IBucket bucket)
{
    public const string Root = "tombstones/";

    private readonly Records _records = new(bucket);

    public async Task<Tombstone?> Find(WorkspaceId id, CancellationToken ct) => (await _records.Read(Key(id), VexaJson.Default.Tombstone, ct))?.Value;

    /// <summary>The tombstone: this one, or the one that was there first.</summary>
    public async Task<Tombstone> Put(Tombstone tombstone, CancellationToken ct) =>
        await _records.TryCreate(Key(tombstone.Workspace), tombstone, VexaJson.Default.Tombstone, ct) ? tombstone : await Find(tombstone.Workspace, ct) ?? tombstone;

    public static VexaException Shredded(Tombstone tombstone) => new(Stage.WorkspaceOpen, Party.Caller, "workspace-shredded",
        $"Workspace {tombstone.Workspace} was shredded by {tombstone.By} at {tombstone.At:u}; nobody can open it any more.", "Use another workspace, or make one under another id.")
    { Status = 410 };

    public static string Key(WorkspaceId id) => Root + id;
}
