using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Where an agent's commit goes: onto the trunk as it is, onto it by a merge, or beside it as a proposal. What was decided once can be read
/// back from the commits themselves, so a retry after a lost answer finds its result, whichever process asks.
/// </summary>
internal sealed class TurnLanding(Git git, Objects objects, ConflictResolver resolver, TimeProvider time)
{
    private readonly RecentCommits _recent = new();

    /// <summary>Checks that the base is the trunk's or the dispatch's own, and looks whether the commit has landed before.</summary>
    /// <exception cref="VexaException">Rule <c>unknown-parent</c>; or the rules of a commit, where another turn's is shown again.</exception>
    public async Task<CommitResult?> FindBefore(Snapshot at, string commit, string parent, ReceiveRequest request, CancellationToken ct)
    {
        // Whether the commit itself has landed is asked for all that arrive together, when it is decided.
        var workspace = at.Manifest.Workspace;
        return parent == at.Tip || (_recent.Has(workspace, parent, request.Dispatch) && !_recent.Has(workspace, commit, request.Dispatch))
            ? null
            : await Find(at, new GitFolders(at.Repository), commit, parent, request, ct);
    }

    /// <summary>Remembers a commit that landed.</summary>
    public void Remember(AgentCommit commit, CommitResult landed, ReceiveRequest request)
    {
        foreach (var sha in Distinct(commit.Sha, landed.Sha))
            _recent.Add(landed.Workspace, sha, landed.ProposalRef is null ? null : request.Dispatch);
    }

    private async Task<CommitResult?> Find(Snapshot at, GitFolders where, string commit, string parent, ReceiveRequest request, CancellationToken ct)
    {
        var proposals = Proposals.Of(at.Manifest, request.Dispatch);
        // Whatever stands on the parent came after it: a long history is not read for a turn.
        var lineage = (await objects.FindKnown(where, [parent], ct)).Count == 0 ? null : await Lineage.Read(git, where, at, proposals.Select(p => p.Value), parent, ct);
        if (lineage?.Contains(parent) != true)
            throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "unknown-parent",
                "The commit stands on one that is neither in the workspace's history nor an accepted one of this dispatch.", "Commit on top of the commit that the dispatch began with.");

        return lineage.Contains(commit) ? await Replay(at, where, lineage, proposals, commit, parent, request, ct) : null;
    }

    public async Task<Decision> Decide(Ground ground, AgentCommit commit, ReceiveRequest request, CancellationToken ct)
    {
        var (at, where, isNew) = ground;
        if (!isNew && await Find(at, where, commit.Sha, commit.Parent, request, ct) is { } before)
            return Decision.AlreadyDone(before);

        if (commit.Parent == at.Tip)
            return Decision.Land(OntoTrunk(at, commit.Sha, [at.Tip]));

        var merge = await objects.Merge(where, at.Tip, commit.Sha, ct);
        var tree = merge.IsClean ? merge.Tree : await resolver.Resolve(where, merge, ct);
        // Each side alone has told its names apart; both together need not.
        if (tree is not null && await objects.FindTaken(where, tree, commit.Names, ct) is { } taken)
            return await Propose(at, where, commit, MergeOutcome.Contest(taken), request, ct);

        return tree is not null ? Merge(at, where, commit, tree, request) : await Propose(at, where, commit, merge, request, ct);
    }

    private Decision Merge(Snapshot at, GitFolders where, AgentCommit commit, string tree, ReceiveRequest request)
    {
        var message = $"Merge: {commit.Subject}\n\n{CommitText.Trailers(request)}";
        var merged = Objects.WriteCommit(where, CommitText.Of(tree, [at.Tip, commit.Sha], request.Subject, time.GetUtcNow(), message));
        return Decision.Land(OntoTrunk(at, merged, Distinct(at.Tip, commit.Parent)));
    }

    private static Landing OntoTrunk(Snapshot at, string commit, IReadOnlyList<string> have) =>
        new(Snapshot.Trunk, commit, have, new CommitResult { Workspace = at.Manifest.Workspace, Sha = commit, Parent = at.Tip }, new Step(at.Tip, commit));

    // The proposal is a commit of ours on top of the agent's, with the same files: it carries the reason, so that a retry gets it too.
    private async Task<Decision> Propose(Snapshot at, GitFolders where, AgentCommit commit, MergeOutcome merge, ReceiveRequest request, CancellationToken ct)
    {
        var based = await objects.MergeBase(where, at.Tip, commit.Sha, ct);
        var message = $"{merge.Reason}\n\n{CommitText.Trailers(request)}{ConflictFacts.Trailers(at.Tip, based, merge.Conflicts)}";
        var proposal = Objects.WriteCommit(where, CommitText.Of(commit.Tree, [commit.Sha], request.Subject, time.GetUtcNow(), message));
        var name = Proposals.FreeName(at.Manifest, request.Dispatch.Value);
        return Decision.Land(new Landing(name, proposal, [commit.Parent], Proposals.Beside(at, name, proposal, merge.Reason, commit.Parent), new Step(commit.Parent, commit.Sha)));
    }

    private async Task<CommitResult> Replay(
        Snapshot at, GitFolders where, Lineage lineage, IReadOnlyList<KeyValuePair<string, string>> proposals, string commit, string parent, ReceiveRequest request, CancellationToken ct)
    {
        var content = await objects.ReadCommit(where, commit, ct) ?? throw new InvalidDataException("A commit of the lineage is not there.");
        CommitText.Check(commit, parent, content.Whole.Span, request, time.GetUtcNow());
        foreach (var (name, proposal) in proposals)
            if (lineage.ParentsOf(proposal) is [var proposed] && proposed == commit)
            {
                var reason = (await objects.ReadCommit(where, proposal, ct))!.Subject;
                return (await objects.Count(where, [new Step(parent, commit)], ct))[0].CountedIn(Proposals.Beside(at, name, proposal, reason, parent));
            }

        return lineage.LandingOf(commit) is { } landed
            ? await objects.Describe(at.Manifest.Workspace, where, lineage.ParentsOf(landed)[0], landed, ct)
            : throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "one-commit", "The commit is part of a later one that was accepted already.", "Go on from the last commit.");
    }

    private static IReadOnlyList<string> Distinct(string one, string other) => one == other ? [one] : [one, other];
}
