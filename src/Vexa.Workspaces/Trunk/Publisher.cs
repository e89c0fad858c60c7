using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Moves workspaces. First the bundle goes into the bucket, then the manifest that names it: a crash between the two leaves an object that
/// nothing names. Such an object is never removed here, because another process may be about to name the very same one.
/// </summary>
internal sealed partial class Publisher(Manifests manifests, IBucket bucket, WorkspaceCache cache, Git git, WorkspaceOptions options, ILogger log)
{
    // Within this process one commit lands after the other; between processes the manifest's condition decides.
    private readonly ConcurrentDictionary<WorkspaceId, SemaphoreSlim> _turns = new();

    /// <summary>Decides on the newest state and publishes, again and again until nobody came in between.</summary>
    /// <returns>The result; when it is there, it is durable.</returns>
    public async Task<CommitResult> Land(WorkspaceId workspace, Quarantine quarantine, Func<Snapshot, CancellationToken, Task<Decision>> decide, CancellationToken ct)
    {
        var turn = _turns.GetOrAdd(workspace, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(ct);
        try
        {
            for (var race = 0; race < options.MostRaces; race++)
            {
                var at = await cache.Refresh(workspace, ct);
                var decision = await decide(at, ct);
                if (decision.Before is { } before)
                    return before;

                if (decision.Landing is { } landing && await TryPublish(at, landing, quarantine, ct))
                    return landing.Result;

                LostRace(log, workspace, race + 1);
            }

            throw WorkspaceFailures.Busy(workspace);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Packs what is new into a bundle, and puts it.</summary>
    public async Task<(ManifestBundle Bundle, FileStream Content)> PutBundle(
        WorkspaceId workspace, GitFolders where, BundleRef tip, IReadOnlyList<string> have, Quarantine quarantine, CancellationToken ct)
    {
        var file = quarantine.NewFile();
        try
        {
            await file.WriteAsync(Bundle.Head(have, [tip]), ct);
            await git.Run(PackCall(where, tip.Commit, have, file), ct);
            await file.FlushAsync(ct);

            file.Position = 0;
            var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
            var bundle = new ManifestBundle
            {
                Key = Manifests.BundleKey(workspace, sha256),
                Sha256 = sha256,
                Bytes = file.Length,
                Tips = [tip.Commit],
                Prerequisites = have,
            };
            file.Position = 0;
            // The key is the content's hash: where it is there already, it is this very content.
            await bucket.Put(bundle.Key, file, PutCondition.CreateOnly, ct);
            return (bundle, file);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    public static GitCall PackCall(GitFolders where, string commit, IReadOnlyList<string> have, Stream output) =>
        new(where, "pack-objects", "--revs", "--stdout", "--thin", "--delta-base-offset", "-q")
        {
            Input = new MemoryStream(Encoding.ASCII.GetBytes($"{commit}\n{string.Concat(have.Select(h => $"^{h}\n"))}")),
            Output = output,
            LongestOutput = long.MaxValue,
        };

    private async Task<bool> TryPublish(Snapshot at, Landing landing, Quarantine quarantine, CancellationToken ct)
    {
        var (bundle, content) = await PutBundle(at.Manifest.Workspace, landing.Where, new BundleRef(landing.Commit, landing.Ref), landing.Have, quarantine, ct);
        await using var closing = content;
        var next = at.Manifest with
        {
            Generation = at.Manifest.Generation + 1,
            Refs = new Dictionary<string, string>(at.Manifest.Refs) { [landing.Ref] = landing.Commit },
            Bundles = [.. at.Manifest.Bundles, bundle],
        };
        if (await manifests.Put(next, PutCondition.IfMatch(at.ETag), ct) is not { } etag)
            return false;

        await Advance(at, next, etag, content);
        return true;
    }

    // The commit is durable: whatever fails from here on is only the cache's loss, which the next refresh makes good.
    private async Task Advance(Snapshot at, Manifest next, string etag, FileStream bundle)
    {
        try
        {
            await cache.Advance(at, next, etag, bundle, CancellationToken.None);
        }
        catch (Exception fault) when (fault is GitException or IOException)
        {
            CacheBehind(log, fault, next.Workspace);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "workspace {Workspace} was moved by another process meanwhile; deciding again ({Race})")]
    private static partial void LostRace(ILogger log, WorkspaceId workspace, int race);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the unpacked copy of workspace {Workspace} could not follow a commit")]
    private static partial void CacheBehind(ILogger log, Exception fault, WorkspaceId workspace);
}
