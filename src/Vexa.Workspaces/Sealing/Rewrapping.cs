using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Rotates the key-encryption key while everything runs: makes a new one, and wraps every data key under it. No object is sealed anew. It
/// goes step by step, and whether a rotation is under way only the bucket says: what broke off is finished before another one begins.
/// </summary>
internal sealed class Rewrapping(SealedBucket bucket, Manifests manifests, Publisher publisher) : IDisposable
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
            {
                await bucket.Keys.Rotate(ct);
                found = await Look(ct);
            }

            var rewrapped = await bucket.RewrapRecordsKey(ct) ? 1 : 0;
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

    public void Dispose() => _turn.Dispose();

    private async Task<(List<WorkspaceId> Behind, List<WorkspaceId> Unreadable)> Look(CancellationToken ct)
    {
        var (behind, unreadable) = (new List<WorkspaceId>(), new List<WorkspaceId>());
        foreach (var workspace in await manifests.List(ct))
            try
            {
                if (await manifests.Find(workspace, ct) is { Manifest: var manifest } && WorkspaceKeys.KeyId(manifest) != bucket.Keys.CurrentKeyId)
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
