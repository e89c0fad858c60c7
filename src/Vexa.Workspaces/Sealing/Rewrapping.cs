using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Rotates the key-encryption key while everything runs: makes a new one, and wraps every data key under it. No object is sealed anew. It
/// goes step by step, and whether a rotation is under way only the bucket says: what broke off is finished before another one begins.
/// </summary>
internal sealed class Rewrapping(SealedBucket bucket, Manifests manifests, WorkspaceKeys keys, Publisher publisher) : IDisposable
{
    private const int AtOnce = 100;

    private readonly SemaphoreSlim _turn = new(1, 1);

    public async Task<KeyRotation> Step(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            var found = await Look(ct);
            var resumed = found.Behind.Count > 0 || await bucket.RecordsKeyId(ct) != bucket.Keys.CurrentKeyId;
            if (!resumed)
                await bucket.Keys.Rotate(ct);

            // Who makes a workspace looks at the records key afterwards: what is not found now is its own to wrap anew.
            var rewrapped = await bucket.RewrapRecordsKey(ct) ? 1 : 0;
            if (rewrapped > 0 || !resumed)
                found = await Look(ct);

            foreach (var workspace in found.Behind.Take(AtOnce))
                rewrapped += await Rewrap(workspace, ct) ? 1 : 0;

            return new KeyRotation
            {
                KeyId = bucket.Keys.CurrentKeyId,
                Resumed = resumed,
                Rewrapped = rewrapped,
                Remaining = Math.Max(0, found.Behind.Count - AtOnce),
                Unreadable = found.Unreadable,
            };
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>For a workspace that was just made: a rotation that went on meanwhile, in whatever process, has not seen it.</summary>
    public async Task Follow(Manifest made, CancellationToken ct)
    {
        await bucket.LearnKeys(ct);
        if (!keys.IsCurrent(made))
            await Rewrap(made.Workspace, ct);
    }

    public void Dispose() => _turn.Dispose();

    private async Task<(List<WorkspaceId> Behind, List<WorkspaceId> Unreadable)> Look(CancellationToken ct)
    {
        var (behind, unreadable) = (new List<WorkspaceId>(), new List<WorkspaceId>());
        foreach (var workspace in await manifests.List(ct))
            try
            {
                if (await manifests.Find(workspace, ct) is not { Manifest: var manifest } || keys.IsCurrent(manifest))
                    continue;

                // Also where its key is gone: that says 500 too.
                await keys.RequireOpen(manifest, ct);
                behind.Add(workspace);
            }
            catch (VexaException fault) when (fault.Status is 500 or 410)
            {
                // Damage is no reason to leave all others under a key that somebody wants to be rid of; what was shredded has no key.
                if (fault.Status == 500)
                    unreadable.Add(workspace);
            }

        return (behind, unreadable);
    }

    private async Task<bool> Rewrap(WorkspaceId workspace, CancellationToken ct)
    {
        try
        {
            return await publisher.Rewrap(workspace, ct);
        }
        catch (VexaException gone) when (gone.Status is 404 or 410)
        {
            return false;
        }
    }
}
