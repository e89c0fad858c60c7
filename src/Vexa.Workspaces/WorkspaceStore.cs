using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// The workspaces in a bucket: make one, hand one out, take an agent's commit, look into one, take work back. Safe for use by many at once,
/// in this process and in others on the same bucket. Every failure is a <see cref="VexaException"/>.
/// </summary>
public sealed class WorkspaceStore : IAsyncDisposable
{
    private readonly WorkspaceOptions _options;
    private readonly Manifests _manifests;
    private readonly WorkspaceKeys _keys;
    private readonly WorkspaceCache _cache;
    private readonly IncomingFolder _incoming;
    private readonly Inspection _inspection;
    private readonly ImportInspection _imports;
    private readonly Publisher _publisher;
    private readonly UnnamedBundles _unnamed;
    private readonly Founding _founding;
    private readonly TurnLanding _turns;
    private readonly DispatchWork _work;
    private readonly Undo _undo;
    private readonly WorkspaceReader _reader;
    private readonly Objects _objects;
    private readonly NoteWriter _notes;
    private readonly BatchQueue<PendingNote> _waitingNotes = new(most: int.MaxValue);
    private readonly GitServer _server;
    private readonly Rewrapping _rewrapping;
    private readonly TimeProvider _time;

    /// <exception cref="VexaException">The cache folder cannot be used.</exception>
    public WorkspaceStore(SealedBucket bucket, WorkspaceOptions options, TimeProvider time, ILogger<WorkspaceStore> log)
    {
        _options = options;
        if (options.CacheFolder.AsSpan().ContainsAny(':', '"'))
            throw new VexaException(Stage.WorkspaceOpen, Party.Operator, "cache-folder", "The runtime folder's path contains ':' or '\"'.", "Choose another one with VEXA_RUN.");

        var git = new Git(options, time, log);
        var objects = _objects = new Objects(git, options);
        _incoming = new IncomingFolder(options.CacheFolder);
        var tombstones = new Tombstones(bucket);
        _time = time;
        _manifests = new Manifests(bucket, tombstones);
        _keys = new WorkspaceKeys(bucket.Keys);
        _cache = new WorkspaceCache(_manifests, bucket, _keys, git, options, log);
        _publisher = new Publisher(_manifests, tombstones, bucket, _keys, _cache, _incoming, objects, git, options, log);
        _unnamed = new UnnamedBundles(bucket, _manifests, options, time);
        _inspection = new Inspection(git, options, time);
        _imports = new ImportInspection(_inspection, git, options);
        _founding = new Founding(git, time);
        _turns = new TurnLanding(git, objects, new ConflictResolver(objects, options, time), time);
        _work = new DispatchWork(git, objects);
        _undo = new Undo(git, objects, time);
        _reader = new WorkspaceReader(git, options);
        _notes = new NoteWriter(git, time);
        _server = new GitServer(_cache, _publisher, _inspection, git, options);
        _rewrapping = new Rewrapping(bucket, _manifests, _keys, _publisher);
    }

    /// <summary>Of a bundle that <see cref="Receive"/> takes, in bytes.</summary>
    public long LargestBundle => _options.LargestBundle;

    /// <summary>Of a bundle that <see cref="Import"/> takes, in bytes.</summary>
    public long LargestImport => _options.LargestImport;

    /// <summary>The ids of all workspaces.</summary>
    public Task<IReadOnlyList<WorkspaceId>> List(CancellationToken ct) => _manifests.List(ct);

    public async Task<bool> Exists(WorkspaceId id, CancellationToken ct) => await _manifests.Find(id, ct) is not null;

    /// <summary>The newest commit of the trunk.</summary>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>.</exception>
    public async Task<string> Tip(WorkspaceId id, CancellationToken ct) => (await _manifests.Read(id, ct)).Manifest.Refs[Snapshot.Trunk];

    /// <summary>Full ref name → commit: the trunk and the proposals.</summary>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>.</exception>
    public async Task<IReadOnlyDictionary<string, string>> Refs(WorkspaceId id, CancellationToken ct) => (await _manifests.Read(id, ct)).Manifest.Refs;

    /// <summary>Makes a workspace, with these files (path → text) in its first commit. Durable when it returns.</summary>
    /// <exception cref="VexaException">409 <c>workspace-exists</c>; <c>bad-path</c>.</exception>
    public Task Create(WorkspaceId id, IReadOnlyDictionary<string, string> files, SubjectId author, CancellationToken ct) => Guarded(id, async () =>
    {
        if (await Exists(id, ct))
            throw AlreadyThere(id);

        using var quarantine = _incoming.NewQuarantine();
        var repository = quarantine.NewRepository();
        var commit = await _founding.Commit(repository, id, files, author, ct);
        await Found(id, new GitFolders(repository), new Dictionary<string, string> { [Snapshot.Trunk] = commit }, quarantine, ct);
        return true;
    });

    /// <summary>Makes a workspace of a git bundle, with its whole history as it is. Durable when it returns.</summary>
    /// <param name="bundle">Hostile until it is judged, as what agents send.</param>
    /// <exception cref="VexaException">409 <c>workspace-exists</c>; 413 <c>import-too-large</c>; whatever rule it breaks.</exception>
    public async Task<WorkspaceImport> Import(WorkspaceId id, Stream bundle, CancellationToken ct)
    {
        if (await Exists(id, ct))
            throw AlreadyThere(id);

        try
        {
            using var quarantine = Named(_incoming.NewQuarantine);
            return await Guarded(id, async () =>
            {
                await using var spooled = await quarantine.Spool(bundle, _options.LargestImport, ct);
                var repository = quarantine.NewRepository();
                var imported = await _imports.Judge(repository, spooled, ct);
                await Found(id, new GitFolders(repository), imported.Refs, quarantine, ct);
                return new WorkspaceImport(id, imported.Refs[Snapshot.Trunk], imported.Commits, imported.LeftOut);
            }, mayRepeat: () => false);
        }
        catch (VexaException refused) when (refused.Party == Party.Agent)
        {
            // The same rules, and no agent has broken them.
            throw refused.Rule == "bundle-too-large"
                ? new VexaException(Stage.WorkspaceCommit, Party.Caller, "import-too-large", $"The bundle is larger than {_options.LargestImport} bytes.", "Import a part of its history, without large files.", refused) { Status = 413 }
                : new VexaException(Stage.WorkspaceCommit, Party.Caller, refused.Rule, refused.Message, "Mend it where it comes from, in every commit that has it (git filter-repo does), or import a part of its history.", refused);
        }
    }

    /// <summary>
    /// Makes a workspace's bundles into one, and removes what none of its manifests named for a day: that is what a crash left, and nobody is
    /// about to name it any more.
    /// </summary>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>.</exception>
    public Task<WorkspaceGc> Collect(WorkspaceId id, CancellationToken ct) => Guarded(id, async () =>
    {
        using var quarantine = _incoming.NewQuarantine();
        return await _publisher.Collect(id, quarantine, _unnamed, ct);
    });

    /// <summary>Writes a git bundle whose <c>refs/heads/main</c> is the commit, with its whole history.</summary>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>, <c>unknown-commit</c>; then nothing was written.</exception>
    public async Task OpenBundle(WorkspaceId id, string commit, Stream output, CancellationToken ct)
    {
        if (!Sha.IsValid(commit))
            throw Sha.Unknown(id);

        var counted = new CountingStream(output);
        await Guarded(id, async () =>
        {
            await _reader.WriteBundle(await _cache.Refresh(id, ct), commit, counted, ct);
            return true;
        }, mayRepeat: () => counted.Written == 0);
    }

    /// <summary>
    /// Takes a turn's commit, judges it, and puts it onto the trunk or, where it conflicts, beside it. When this returns, the commit is durable.
    /// The same commit of the same turn again gets the same result again.
    /// </summary>
    /// <exception cref="VexaException">
    /// The bundle or its commit breaks a rule (<see cref="Party.Agent"/>); the bucket failed, or others were always faster
    /// (<see cref="Party.Operator"/>): then the same call may be repeated.
    /// </exception>
    public async Task<CommitResult> Receive(WorkspaceId id, ReceiveRequest request, CancellationToken ct)
    {
        using var quarantine = Named(_incoming.NewQuarantine);
        await using var spooled = await Guarded(id, () => quarantine.Spool(request.Bundle, _options.LargestBundle, ct), mayRepeat: () => false);
        var (commit, parent) = _inspection.ReadHead(spooled);
        var pack = spooled.Position;
        return await Guarded(id, async () =>
        {
            quarantine.Prepare();
            var at = await _cache.Refresh(id, ct);
            if (await _turns.FindBefore(at, commit, parent, request, ct) is { } before)
                return before;

            spooled.Position = pack;
            var where = new GitFolders(at.Repository, quarantine.Objects);
            var judged = await _inspection.Judge(where, spooled, commit, parent, request, ct);
            var result = await _publisher.Land(id, new Arrival(quarantine, (ground, stop) => _turns.Decide(ground, judged, request, stop), ct) { Commit = judged });
            _turns.Remember(judged, result, request);
            return result;
        });
    }

    /// <summary>A commit by its hash, or the beginning of it, and the dispatch that made it; none for what no agent did.</summary>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>, <c>unknown-commit</c>: there is none of this name, or more than one.</exception>
    public Task<(string Sha, DispatchId? Dispatch)> FindCommit(WorkspaceId id, string name, CancellationToken ct) => Guarded(id, async () =>
    {
        var at = await _cache.Refresh(id, ct);
        var sha = await _reader.FullName(at, Sha.Parse(name, id), ct);
        return (sha, CommitText.DispatchOf((await _objects.ReadCommit(new GitFolders(at.Repository), sha, ct))!));
    });

    /// <summary>What <see cref="Receive"/> answered to all that a dispatch sent, as the commits themselves tell: also where the answer was lost.</summary>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>; storage failed.</exception>
    public Task<IReadOnlyList<TurnCommit>> CommitsOf(WorkspaceId id, DispatchId dispatch, CancellationToken ct) =>
        Guarded(id, async () => await _work.Find(await _cache.Refresh(id, ct), dispatch, ct));

    /// <summary>Takes commits of the trunk back by one new commit; where later work is in the way, the undo becomes a proposal.</summary>
    /// <param name="commits">Full hashes, newest first.</param>
    /// <exception cref="VexaException">404 <c>unknown-commit</c>; 409 <c>first-commit</c>.</exception>
    public Task<CommitResult> Undo(WorkspaceId id, IReadOnlyList<string> commits, SubjectId by, CancellationToken ct) => Guarded(id, async () =>
    {
        using var quarantine = _incoming.NewQuarantine();
        return await _publisher.Land(id, new Arrival(quarantine, (ground, stop) => _undo.Decide(ground, commits, by, stop), ct));
    });

    /// <summary>Puts a note on a commit, at <c>refs/notes/vexa</c>; one that has a note keeps it. Durable when it returns.</summary>
    /// <param name="commit">Full hash, of the trunk or of a proposal.</param>
    /// <param name="write">Writes the note, from the commit's tree; may be called again.</param>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>, <c>unknown-commit</c>.</exception>
    public async Task AddNote(WorkspaceId id, string commit, Func<string, string> write, CancellationToken ct)
    {
        if (!Sha.IsValid(commit))
            throw Sha.Unknown(id);

        var note = new PendingNote(commit, write);
        // Others wait for the same batch: it does not end with whoever happened to come first.
        await _waitingNotes.Add(id, note, notes => Guarded(id, async () =>
        {
            using var quarantine = _incoming.NewQuarantine();
            return await _publisher.Land(id, new Arrival(quarantine, (ground, stop) => _notes.Decide(ground, quarantine, notes, stop), CancellationToken.None));
        })).WaitAsync(ct);
        if (note.Fault is { } fault)
            ExceptionDispatchInfo.Throw(fault);
    }

    /// <summary>Writes a git bundle of everything: trunk, proposals, receipts, each with its whole history.</summary>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>; then nothing was written.</exception>
    public async Task Export(WorkspaceId id, Stream output, CancellationToken ct)
    {
        var counted = new CountingStream(output);
        await Guarded(id, async () =>
        {
            await _reader.WriteWhole(await _cache.Refresh(id, ct), counted, ct);
            return true;
        }, mayRepeat: () => counted.Written == 0);
    }

    /// <summary>What a proposal conflicts with. Proposals of older versions do not tell: then null.</summary>
    /// <param name="proposal">Its commit.</param>
    /// <exception cref="VexaException">404 <c>unknown-commit</c>.</exception>
    public Task<ConflictFacts?> Conflict(WorkspaceId id, string proposal, CancellationToken ct) => Guarded(id, async () =>
    {
        var at = await _cache.Refresh(id, ct);
        return ConflictFacts.Parse(await _objects.ReadCommit(new GitFolders(at.Repository), Sha.Parse(proposal, id), ct) ?? throw Sha.Unknown(id));
    });

    /// <summary>One folder at a commit, by default the root at the tip.</summary>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>, <c>unknown-commit</c>, <c>unknown-path</c>; <c>bad-path</c>.</exception>
    public Task<WorkspaceTree> Tree(WorkspaceId id, string? path, string? commit, CancellationToken ct) => Guarded(id, async () =>
    {
        var at = await _cache.Refresh(id, ct);
        return await _reader.Tree(at, path, commit is null ? at.Tip : Sha.Parse(commit, id), ct);
    });

    /// <summary>A file's bytes; of a link, the text of the link.</summary>
    /// <exception cref="VexaException">The same, and 413 <c>file-too-large</c>.</exception>
    public Task<ReadOnlyMemory<byte>> File(WorkspaceId id, string path, string? commit, CancellationToken ct) => Guarded(id, async () =>
    {
        var at = await _cache.Refresh(id, ct);
        return await _reader.File(at, path, commit is null ? at.Tip : Sha.Parse(commit, id), ct);
    });

    /// <summary>The trunk's commits, newest first.</summary>
    public Task<WorkspaceLog> Log(WorkspaceId id, int limit, CancellationToken ct) =>
        Guarded(id, async () => await _reader.Log(await _cache.Refresh(id, ct), limit, ct));

    /// <summary>A unified diff; without <paramref name="from"/>, of what the commit itself did to its first parent.</summary>
    public Task<string> Diff(WorkspaceId id, string? from, string to, CancellationToken ct) =>
        Guarded(id, async () => await _reader.Diff(await _cache.Refresh(id, ct), from is null ? null : Sha.Parse(from, id), Sha.Parse(to, id), ct));

    /// <summary>Answers a git client's first question of a fetch or clone: <c>GET info/refs?service=git-upload-pack</c> (gitprotocol-http(5)).</summary>
    /// <param name="protocol">Of the header <c>Git-Protocol</c>; null where there is none.</param>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>.</exception>
    public Task AdvertiseFetch(WorkspaceId id, string? protocol, Stream output, CancellationToken ct) =>
        Serve(id, quarantine => _server.AdvertiseFetch(id, protocol, quarantine, output, ct));

    /// <summary>Answers one round of a fetch: <c>POST git-upload-pack</c>.</summary>
    public Task Fetch(WorkspaceId id, string? protocol, Stream input, Stream output, CancellationToken ct) =>
        Serve(id, quarantine => _server.Fetch(id, protocol, quarantine, input, output, ct));

    /// <summary>Answers a git client's first question of a push: <c>GET info/refs?service=git-receive-pack</c>.</summary>
    public Task AdvertisePush(WorkspaceId id, Stream output, CancellationToken ct) => Serve(id, _ => _server.AdvertisePush(id, output, ct));

    /// <summary>
    /// Takes a push: <c>POST git-receive-pack</c>. What breaks a rule is answered as git's client expects it, so that the person reads why.
    /// </summary>
    /// <param name="accepted">It is sound, and about to land: from the parent to the commit of this result. Nothing has moved yet, and where this fails nothing does.</param>
    /// <returns>What landed; null where it was refused, which <paramref name="refused"/> was told, or where the client only asked whether it may.</returns>
    /// <exception cref="VexaException">It is no push; or storage failed.</exception>
    public async Task<CommitResult?> Push(WorkspaceId id, Stream input, Stream output, Func<CommitResult, Task> accepted, Action<VexaException> refused, CancellationToken ct)
    {
        CommitResult? landed = null;
        await Serve(id, async quarantine =>
        {
            PushRequest? push;
            try
            {
                push = await PushRequest.Read(input, ct);
            }
            catch (InvalidDataException fault)
            {
                throw new VexaException(Stage.Request, Party.Caller, "push-format", $"This is no push: {fault.Message}.", "Push with git: git push origin main", fault);
            }

            if (push is null)
                return;

            try
            {
                await using var pack = await quarantine.Spool(input, _options.LargestBundle, ct);
                landed = await _server.Push(id, push, pack, accepted, quarantine, ct);
                await PushAnswer.Write(output, push, refusal: null, words: null, ct);
            }
            catch (VexaException refusal) when (refusal.Party is Party.Agent or Party.Caller)
            {
                refused(refusal);
                await PushAnswer.Write(output, push, refusal.Rule, $"{refusal.Message}\n{refusal.Hint}", ct);
            }
        });
        return landed;
    }

    /// <summary>
    /// Destroys a workspace: its wrapped key, its bundles, its unpacked copy. The same again gives the same tombstone again.
    /// </summary>
    /// <exception cref="VexaException">404 <c>unknown-workspace</c>.</exception>
    public Task<Tombstone> Shred(WorkspaceId id, SubjectId by, CancellationToken ct) => _publisher.Shred(id, by, _time.GetUtcNow(), ct);

    /// <summary>One step of a rotation of the key-encryption key; to be repeated until nothing remains.</summary>
    public Task<KeyRotation> RotateKeys(CancellationToken ct) => _rewrapping.Step(ct);

    /// <summary>How many were judged and wait to land together.</summary>
    internal int Waiting(WorkspaceId id) => _publisher.Waiting(id);

    /// <summary>Ends when nothing is done any more for those that were answered already.</summary>
    internal Task Settled() => _publisher.Settled();

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        _incoming.Dispose();
        _rewrapping.Dispose();
        _keys.Dispose();
    }

    // Whoever else makes one of this name at the same time: one of them is first.
    private async Task Found(WorkspaceId id, GitFolders where, IReadOnlyDictionary<string, string> refs, Quarantine quarantine, CancellationToken ct)
    {
        var trunk = new BundleRef(refs[Snapshot.Trunk], Snapshot.Trunk);
        var (key, wrapped) = await _keys.Create(id, ct);
        using var data = key.Data;
        var (bundle, content) = await _publisher.PutBundle(key, where, trunk, others: [.. refs.Values.Where(commit => commit != trunk.Commit).Distinct()], have: [], quarantine, ct);
        await content.DisposeAsync();
        var manifest = new Manifest { Workspace = id, Generation = 1, WrappedKey = wrapped, Refs = refs, Bundles = [bundle] };
        _ = await _manifests.Put(manifest, PutCondition.CreateOnly, ct) ?? throw AlreadyThere(id);
        await _rewrapping.Follow(manifest, ct);
    }

    private async Task Serve(WorkspaceId id, Func<Quarantine, Task> work)
    {
        using var quarantine = Named(_incoming.NewQuarantine);
        await Guarded(id, async () =>
        {
            await work(quarantine);
            return true;
        }, mayRepeat: () => false);
    }

    // Where the cache is full, workspaces make room that nobody works on: twice as many each time, because nobody knows how much this one needs.
    private async Task<T> Guarded<T>(WorkspaceId id, Func<Task<T>> work, Func<bool>? mayRepeat = null)
    {
        using var use = _cache.Use(id);
        for (var most = 1; ; most *= 2)
            try
            {
                return await OnSoundCopy(id, work, mayRepeat);
            }
            catch (VexaException full) when (full.Rule == WorkspaceFailures.CacheFullRule)
            {
                if (_cache.MakeRoom(most) == 0 || mayRepeat?.Invoke() == false)
                    throw;
            }
    }

    // The cache may vanish under a running git. What fails is tried once more on a fresh one; what then fails again is a failure.
    private async Task<T> OnSoundCopy<T>(WorkspaceId id, Func<Task<T>> work, Func<bool>? mayRepeat)
    {
        var copy = _cache.CopyOf(id);
        try
        {
            try
            {
                return await work();
            }
            catch (GitException fault) when (fault is { HasFailed: true, DiskFull: false } && mayRepeat?.Invoke() != false)
            {
                await _cache.Discard(id, copy, CancellationToken.None);
                return await work();
            }
        }
        catch (GitException fault)
        {
            throw fault.DiskFull ? WorkspaceFailures.CacheFull(fault) : WorkspaceFailures.Git(fault);
        }
        catch (IOException fault) when (BucketFailure.IsFull(fault))
        {
            throw WorkspaceFailures.CacheFull(fault);
        }
    }

    private static T Named<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (IOException fault) when (BucketFailure.IsFull(fault))
        {
            throw WorkspaceFailures.CacheFull(fault);
        }
    }

    private static VexaException AlreadyThere(WorkspaceId id) =>
        new(Stage.Request, Party.Caller, "workspace-exists", $"There is a workspace {id} already.", "Choose another id, or use it as it is.") { Status = 409 };
}
