using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Moves workspaces; what arrives while one is being moved moves it together. First the bundle goes into the bucket, then the manifest that names it: a crash between the two leaves an object that
/// nothing names. Such an object is never removed here, because another process may be about to name the very same one. What is removed is
/// what a manifest did name, after the next one put one bundle in the place of many: no later commit makes such a bundle again.
/// </summary>
internal sealed partial class Publisher(Manifests manifests, Tombstones tombstones, SealedBucket bucket, WorkspaceKeys keys, WorkspaceCache cache, IncomingFolder incoming, Objects objects, Git git, WorkspaceOptions options, ILogger log) : IAsyncDisposable
{
    private const long BytesPerBundle = 1024 * 1024;
    private const int MostAtOnce = 64;

    private readonly ConcurrentDictionary<WorkspaceId, int> _compactionFailed = new();

    // Who commits does not wait for them; whoever ends this does.
    private readonly ConcurrentDictionary<WorkspaceId, Task> _compactions = new();
    private readonly CancellationTokenSource _ending = new();

    // Within this process one commit lands after the other; between processes the manifest's condition decides.
    private readonly ConcurrentDictionary<WorkspaceId, SemaphoreSlim> _turns = new();

    private readonly BatchQueue<Arrival> _arrivals = new(MostAtOnce);

    /// <summary>Decides on the newest state and publishes, together with whatever else waits for it.</summary>
    /// <returns>The result; when it is there, it is durable.</returns>
    public async Task<CommitResult> Land(WorkspaceId workspace, Arrival arrival)
    {
        await _arrivals.Add(workspace, arrival, arrivals => InTurn(workspace, async () => await LandAll(workspace, arrivals), CancellationToken.None));
        return await arrival.Answer;
    }

    /// <summary>How many wait to land together, once what is being moved has moved.</summary>
    public int Waiting(WorkspaceId workspace) => _arrivals.Waiting(workspace);

    // Nobody's cancellation ends what others wait for too.
    private async Task<bool> LandAll(WorkspaceId workspace, IReadOnlyList<Arrival> arrivals)
    {
        try
        {
            await Land(workspace, arrivals);
        }
        catch (GitException) when (arrivals.Count > 1)
        {
            // What they share has failed, and for one of them at least: each by itself, that one only has the damage.
            foreach (var arrival in arrivals)
                await LandAll(workspace, [arrival]);
        }
        catch (Exception fault)
        {
            foreach (var arrival in arrivals)
                arrival.Failed(fault);
        }

        return true;
    }

    // Again and again until nobody came in between.
    private async Task Land(WorkspaceId workspace, IReadOnlyList<Arrival> arrivals)
    {
        using var quarantine = incoming.NewQuarantine();
        for (var race = 0; race < options.MostRaces; race++)
        {
            var at = await cache.Refresh(workspace, CancellationToken.None);
            var batch = await LandingBatch.Decide(at, arrivals, quarantine, objects, CancellationToken.None);
            var outcomes = await Count(batch);
            if (batch.Moves.Count == 0 || await TryPublish(batch, quarantine))
            {
                foreach (var outcome in outcomes)
                    outcome.Tell();

                // It takes the turn after this one: what lands next waits for it, what has landed does not. The one before has had its turn.
                if (IsCompactionDue(at.Manifest))
                    _compactions[workspace] = InTurn(workspace, () => Compact(workspace), CancellationToken.None);

                return;
            }

            LostRace(log, workspace, race + 1);
        }

        throw WorkspaceFailures.Busy(workspace);
    }

    // What each landing changes, by one git for all.
    private async Task<IReadOnlyList<Outcome>> Count(LandingBatch batch)
    {
        List<Step> steps = [.. batch.Landings.Select(landing => landing.Counted).OfType<Step>()];
        var changes = new Queue<ChangeCount>(steps.Count == 0 ? [] : await objects.Count(batch.Where, steps, CancellationToken.None));
        return [.. batch.Outcomes.Select(outcome => outcome.Landing is { Counted: not null } landing ? outcome with { Decision = Decision.Land(landing with { Result = changes.Dequeue().CountedIn(landing.Result) }) } : outcome)];
    }

    /// <summary>Wraps the workspace's key under the current key-encryption key; false where it is so already.</summary>
    public Task<bool> Rewrap(WorkspaceId workspace, CancellationToken ct) => InTurn(workspace, async () =>
    {
        for (var race = 0; race < options.MostRaces; race++)
        {
            var (manifest, etag) = await manifests.Read(workspace, ct);
            if (keys.IsCurrent(manifest))
                return false;

            var next = manifest with { Generation = manifest.Generation + 1, WrappedKey = await keys.Rewrap(manifest, ct) };
            if (await manifests.Put(next, PutCondition.IfMatch(etag), ct) is not null)
                return true;

            LostRace(log, workspace, race + 1);
        }

        throw WorkspaceFailures.Busy(workspace);
    }, ct);

    /// <summary>Makes the bundles one now, and removes what nothing names.</summary>
    public Task<WorkspaceGc> Collect(WorkspaceId workspace, Quarantine quarantine, UnnamedBundles unnamed, CancellationToken ct) => InTurn(workspace, async () =>
    {
        var at = await cache.Refresh(workspace, ct);
        if (at.Manifest.Bundles.Count > 1)
            await MakeOne(at, quarantine, ct);

        var (removed, waiting) = await unnamed.Remove(workspace, ct);
        var after = (await manifests.Read(workspace, ct)).Manifest;
        return new WorkspaceGc
        {
            Workspace = workspace,
            BundlesBefore = at.Manifest.Bundles.Count,
            BundlesAfter = after.Bundles.Count,
            BytesBefore = at.Manifest.Bundles.Sum(b => b.Bytes),
            BytesAfter = after.Bundles.Sum(b => b.Bytes),
            Removed = removed,
            Waiting = waiting,
        };
    }, ct);

    /// <summary>Destroys the workspace for good. What broke off goes on when it is asked for again.</summary>
    public Task<Tombstone> Shred(WorkspaceId workspace, SubjectId by, DateTimeOffset at, CancellationToken ct) => InTurn(workspace, async () =>
    {
        var tombstone = await tombstones.Find(workspace, ct) ?? await Bury((await manifests.Read(workspace, ct)).Manifest, by, at, ct);
        // From here on there is no way back: whoever asked may be gone.
        await manifests.Destroy(workspace, CancellationToken.None);
        await cache.Destroy(workspace, CancellationToken.None);
        return tombstone;
    }, ct);

    /// <summary>Ends when every compaction that is due has had its turn.</summary>
    public Task Settled() => Task.WhenAll(_compactions.Values);

    /// <summary>Ends compactions; what they have not done yet, a later one does.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Settled();
        _ending.Dispose();
    }

    /// <summary>Packs what is new into a bundle, and puts it.</summary>
    /// <param name="tip">The one that the bundle's own head names.</param>
    /// <param name="others">Commits that it brings besides.</param>
    public async Task<(ManifestBundle Bundle, FileStream Content)> PutBundle(
        WorkspaceKey key, GitFolders where, BundleRef tip, IReadOnlyList<string> others, IReadOnlyList<string> have, Quarantine quarantine, CancellationToken ct)
    {
        IReadOnlyList<string> tips = [tip.Commit, .. others];
        var file = quarantine.NewFile();
        try
        {
            await file.WriteAsync(Bundle.Head(have, [tip]), ct);
            await git.Run(PackCall(where, tips, have, file), ct);
            await file.FlushAsync(ct);

            file.Position = 0;
            var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
            var bundle = new ManifestBundle
            {
                Key = key.BundleKey(sha256),
                Sha256 = sha256,
                Bytes = file.Length,
                Tips = tips,
                Prerequisites = have,
            };
            file.Position = 0;
            // The name comes from the content's hash: where it is there already, it is this very content.
            await bucket.Put(bundle.Key, file, key.Seal, PutCondition.CreateOnly, ct);
            return (bundle, file);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// A pack of what the tips have and the others have not. Where that is everything, it comes out of many packs, and git would compare each file with
    /// ten others of other packs: minutes for a gigabyte, each time. The versions of one file lie side by side, so one neighbour is enough.
    /// </summary>
    public static GitCall PackCall(GitFolders where, IReadOnlyList<string> tips, IReadOnlyList<string> have, Stream output) =>
        new(where, ["pack-objects", "--revs", "--stdout", "--thin", "--delta-base-offset", "-q", .. have.Count == 0 ? ["--window=1"] : Array.Empty<string>()])
        {
            Input = new MemoryStream(Encoding.ASCII.GetBytes(string.Concat([.. tips.Select(t => $"{t}\n"), .. have.Select(h => $"^{h}\n")]))),
            Output = output,
            LongestOutput = long.MaxValue,
        };

    private async Task<bool> TryPublish(LandingBatch batch, Quarantine quarantine)
    {
        var (at, ct) = (batch.At, CancellationToken.None);
        var (bundle, content) = await PutBundle(await keys.Of(at.Manifest, ct), batch.Where, batch.Moves[0], batch.OtherTips, batch.Have, quarantine, ct);
        await using var closing = content;
        var next = at.Manifest with { Generation = at.Manifest.Generation + 1, Refs = batch.Refs, Bundles = [.. at.Manifest.Bundles, bundle] };
        if (await manifests.Put(next, PutCondition.IfMatch(at.ETag), ct) is not { } etag)
            return false;

        await Advance(at, next, etag, content);
        return true;
    }

    // Whoever opens a workspace first runs git once for each bundle. But one bundle of everything costs what the workspace weighs, so a heavy
    // one may have more; and where it failed, it waits for as many again.
    private bool IsCompactionDue(Manifest manifest) =>
        manifest.Bundles.Count >= options.MostBundles + manifest.Bundles.Sum(b => b.Bytes) / BytesPerBundle
        && (!_compactionFailed.TryGetValue(manifest.Workspace, out var count) || manifest.Bundles.Count >= count + options.MostBundles);

    // The commit that brought us here is durable, and told: what fails here is only told to the log. What breaks off between manifest and
    // removal leaves objects that nothing names.
    private async Task<bool> Compact(WorkspaceId workspace)
    {
        var bundles = 0;
        try
        {
            _ending.Token.ThrowIfCancellationRequested();
            using var use = cache.Use(workspace);
            using var quarantine = incoming.NewQuarantine();
            var at = await cache.Refresh(workspace, _ending.Token);
            bundles = at.Manifest.Bundles.Count;
            await MakeOne(at, quarantine, _ending.Token);
            return true;
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception fault)
        {
            _compactionFailed[workspace] = bundles;
            NotCompacted(log, fault, workspace);
            return false;
        }
    }

    // Where another process moved the workspace meanwhile, all stays as it is.
    private async Task MakeOne(Snapshot at, Quarantine quarantine, CancellationToken ct)
    {
        List<string> others = [.. at.Manifest.Refs.Values.Where(commit => commit != at.Tip).Distinct()];
        var (bundle, content) = await PutBundle(await keys.Of(at.Manifest, ct), new GitFolders(at.Repository), new BundleRef(at.Tip, Snapshot.Trunk), others, have: [], quarantine, ct);
        await using (content)
            await RequireWhole(bundle, content, quarantine.NewRepository(), ct);

        var next = at.Manifest with { Generation = at.Manifest.Generation + 1, Bundles = [bundle] };
        if (await manifests.Put(next, PutCondition.IfMatch(at.ETag), ct) is null)
            return;

        foreach (var old in at.Manifest.Bundles.Where(b => b.Key != bundle.Key))
            await bucket.Delete(old.Key, ct);
    }

    // The bundles that it replaces will be gone: it has to hold everything by itself.
    private async Task RequireWhole(ManifestBundle bundle, Stream content, string repository, CancellationToken ct)
    {
        content.Position = 0;
        Bundle.ReadOurs(content);
        await git.Run(new GitCall(new GitFolders(repository), "index-pack", "--stdin") { Input = content }, ct);
        var tips = string.Concat(bundle.Tips.Select(tip => tip + "\n"));
        await git.Run(new GitCall(new GitFolders(repository), "rev-list", "--objects", "--quiet", "--stdin") { Input = new MemoryStream(Encoding.ASCII.GetBytes(tips)) }, ct);
    }

    private Task<Tombstone> Bury(Manifest last, SubjectId by, DateTimeOffset at, CancellationToken ct) => tombstones.Put(new Tombstone
    {
        Workspace = last.Workspace,
        At = at,
        By = by,
        Generation = last.Generation,
        KeyId = WorkspaceKeys.KeyId(last),
        Bundles = last.Bundles.Count,
        Bytes = last.Bundles.Sum(b => b.Bytes),
    }, ct);

    private async Task<T> InTurn<T>(WorkspaceId workspace, Func<Task<T>> work, CancellationToken ct)
    {
        var turn = _turns.GetOrAdd(workspace, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(ct);
        try
        {
            return await work();
        }
        finally
        {
            turn.Release();
        }
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "the bundles of workspace {Workspace} could not be made into one; nothing is lost")]
    private static partial void NotCompacted(ILogger log, Exception fault, WorkspaceId workspace);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the unpacked copy of workspace {Workspace} could not follow a commit")]
    private static partial void CacheBehind(ILogger log, Exception fault, WorkspaceId workspace);
}
