using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Serves a workspace to a person's git by its smart HTTP protocol (gitprotocol-http(5)). To read is git's own <c>upload-pack</c>'s work, on
/// a repository made for this one request. A push we take apart ourselves: what it brings is judged as an agent's work is, and moves the
/// manifest as any other commit does.
/// </summary>
internal sealed class GitServer(WorkspaceCache cache, Publisher publisher, Inspection inspection, Git git, WorkspaceOptions options)
{
    // Whoever asks for another version gets the oldest.
    private static readonly string[] Protocols = ["version=1", "version=2"];

    /// <summary>The refs, for a client that wants to fetch.</summary>
    public async Task AdvertiseFetch(WorkspaceId id, string? protocol, Quarantine quarantine, Stream output, CancellationToken ct)
    {
        var repository = await MakeRepository(id, quarantine, ct);
        if (protocol != "version=2")
            await Introduce("git-upload-pack", output, ct);
        await git.Run(UploadPack(repository, protocol, output, "--http-backend-info-refs"), ct);
    }

    /// <summary>One round of a fetch.</summary>
    public async Task Fetch(WorkspaceId id, string? protocol, Quarantine quarantine, Stream input, Stream output, CancellationToken ct)
    {
        var repository = await MakeRepository(id, quarantine, ct);
        await git.Run(UploadPack(repository, protocol, output) with { Input = input }, ct);
    }

    /// <summary>The refs, for a client that wants to push.</summary>
    public async Task AdvertisePush(WorkspaceId id, Stream output, CancellationToken ct)
    {
        var at = await cache.Refresh(id, ct);
        await Introduce("git-receive-pack", output, ct);
        var capabilities = "\0" + PushRequest.Capabilities;
        foreach (var (name, commit) in at.Manifest.Refs.OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            await output.WriteAsync(PktLine.Of($"{commit} {name}{capabilities}\n"), ct);
            capabilities = "";
        }

        await output.WriteAsync(PktLine.Flush, ct);
    }

    /// <summary>Judges what was pushed, and lands it. When this returns, it is durable.</summary>
    /// <param name="pack">The pack that followed the request.</param>
    /// <param name="accepted">Called when it is judged, before it lands.</param>
    /// <exception cref="VexaException">It breaks a rule.</exception>
    public async Task<CommitResult> Push(WorkspaceId id, PushRequest push, Stream pack, Func<CommitResult, Task> accepted, Quarantine quarantine, CancellationToken ct)
    {
        if (push.Updates is not [{ Name: Snapshot.Trunk, IsDeletion: false, IsNew: false } update])
            throw Refused("push-ref", $"Only {Snapshot.Trunk} can be pushed, and it cannot be deleted.", "Push the trunk alone: git push origin main");

        var at = await cache.Refresh(id, ct);
        if (update.From != at.Tip)
            throw FetchFirst();

        var where = new GitFolders(at.Repository, quarantine.Objects);
        await inspection.JudgePush(where, pack, update.From, update.To, [.. at.Manifest.Refs.Values], ct);
        var result = new CommitResult { Workspace = id, Sha = update.To, Parent = update.From };
        await accepted(result);
        return await publisher.Land(id, new Arrival(quarantine, (ground, _) => Task.FromResult(Decide(ground.At)), ct));

        Decision Decide(Snapshot now) => now.Tip == update.From
            ? Decision.Land(new Landing(Snapshot.Trunk, update.To, [.. now.Manifest.Refs.Values.Distinct()], result, new Step(update.From, update.To)))
            : throw FetchFirst();
    }

    // A repository with the workspace's refs, and its objects for alternates. The cache's own has no refs, and is nobody's to write.
    private async Task<string> MakeRepository(WorkspaceId id, Quarantine quarantine, CancellationToken ct)
    {
        var at = await cache.Refresh(id, ct);
        var repository = quarantine.NewRepository();
        await File.WriteAllTextAsync(Path.Combine(repository, "objects", "info", "alternates"), Path.Combine(at.Repository, "objects") + "\n", ct);
        var refs = at.Manifest.Refs.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Value} {r.Key}\n");
        await File.WriteAllTextAsync(Path.Combine(repository, "packed-refs"), "# pack-refs with: sorted \n" + string.Concat(refs), ct);
        return repository;
    }

    private GitCall UploadPack(string repository, string? protocol, Stream output, params string[] more) =>
        new(new GitFolders(repository), ["upload-pack", "--strict", "--stateless-rpc", .. more, repository])
        {
            Protocol = Array.Find(Protocols, known => known == protocol),
            Output = output,
            LongestOutput = long.MaxValue,
            Timeout = options.FetchTimeout,
        };

    private static async Task Introduce(string service, Stream output, CancellationToken ct)
    {
        await output.WriteAsync(PktLine.Of($"# service={service}\n"), ct);
        await output.WriteAsync(PktLine.Flush, ct);
    }

    private static VexaException FetchFirst() => Refused("fetch-first", "The trunk has moved since you fetched it.", "Fetch, then push again: git pull --rebase && git push", 409);

    private static VexaException Refused(string rule, string message, string hint, int status = 400) =>
        new(Stage.WorkspaceCommit, Party.Caller, rule, message, hint) { Status = status };
}
