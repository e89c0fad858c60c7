using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Where an agent's commit goes: onto the trunk as it is, onto it by a merge, or beside it as a proposal. What was decided once can be read
/// back from the commits themselves, so a retry after a lost answer finds its result, whichever process asks.
/// </summary>
internal sealed class TurnLanding(Git git, Objects objects, ConflictResolver resolver, TimeProvider time)
{
    /// <summary>Checks that the base is the trunk's or the dispatch's own, and looks whether the commit has landed before.</summary>
    /// <exception cref="VexaException">Rule <c>unknown-parent</c>; or the rules of a commit, where another turn's is shown again.</exception>
    public async Task<CommitResult?> FindBefore(Snapshot at, string commit, string parent, ReceiveRequest request, CancellationToken ct)
    {
        // The trunk only grows: nothing that stands on its very tip can be known.
        if (parent == at.Tip)
            return null;

        var proposals = ProposalsOf(at.Manifest, request.Dispatch);
        var lineage = await Lineage.Read(git, at, proposals.Select(p => p.Value), ct);
        if (!lineage.Contains(parent))
            throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "unknown-parent",
                "The commit stands on one that is neither in the workspace's history nor an accepted one of this dispatch.", "Commit on top of the commit that the dispatch began with.");

        return lineage.Contains(commit) ? await Replay(at, lineage, proposals, commit, parent, request, ct) : null;
    }

    public async Task<Decision> Decide(Snapshot at, GitFolders where, AgentCommit commit, ReceiveRequest request, CancellationToken ct)
    {
        if (await FindBefore(at, commit.Sha, commit.Parent, request, ct) is { } before)
            return Decision.AlreadyDone(before);

        if (commit.Parent == at.Tip)
            return Decision.Land(new Landing(where, Snapshot.Trunk, commit.Sha, [at.Tip], await objects.Describe(at.Manifest.Workspace, where, at.Tip, commit.Sha, ct)));

        var merge = await objects.Merge(where, at.Tip, commit.Sha, ct);
        var tree = merge.IsClean ? merge.Tree : await resolver.Resolve(where, merge, ct);
        return tree is not null ? await Merge(at, where, commit, tree, request, ct) : await Propose(at, where, commit, merge, request, ct);
    }

    private async Task<Decision> Merge(Snapshot at, GitFolders where, AgentCommit commit, string tree, ReceiveRequest request, CancellationToken ct)
    {
        var message = $"Merge: {commit.Subject}\n\n{CommitText.Trailers(request)}";
        var merged = await objects.WriteCommit(where, CommitText.Of(tree, [at.Tip, commit.Sha], request.Subject, time.GetUtcNow(), message), ct);
        return Decision.Land(new Landing(where, Snapshot.Trunk, merged, Distinct(at.Tip, commit.Parent), await objects.Describe(at.Manifest.Workspace, where, at.Tip, merged, ct)));
    }

    // The proposal is a commit of ours on top of the agent's, with the same files: it carries the reason, so that a retry gets it too.
    private async Task<Decision> Propose(Snapshot at, GitFolders where, AgentCommit commit, MergeOutcome merge, ReceiveRequest request, CancellationToken ct)
    {
        var based = await objects.MergeBase(where, at.Tip, commit.Sha, ct);
        var message = $"{merge.Reason}\n\n{CommitText.Trailers(request)}{ConflictFacts.Trailers(at.Tip, based, merge.Conflicts)}";
        var proposal = await objects.WriteCommit(where, CommitText.Of(commit.Tree, [commit.Sha], request.Subject, time.GetUtcNow(), message), ct);
        var name = Proposals.FreeName(at.Manifest, request.Dispatch.Value);
        return Decision.Land(new Landing(where, name, proposal, [commit.Parent], await Beside(at, where, name, proposal, merge.Reason, commit.Sha, commit.Parent, ct)));
    }

    private async Task<CommitResult> Replay(
        Snapshot at, Lineage lineage, IReadOnlyList<KeyValuePair<string, string>> proposals, string commit, string parent, ReceiveRequest request, CancellationToken ct)
    {
        var where = new GitFolders(at.Repository);
        var content = await objects.ReadCommit(where, commit, ct) ?? throw new InvalidDataException("A commit of the lineage is not there.");
        CommitText.Check(commit, parent, content.Whole.Span, request, time.GetUtcNow());
        foreach (var (name, proposal) in proposals)
            if (lineage.ParentsOf(proposal) is [var proposed] && proposed == commit)
            {
                var reason = (await objects.ReadCommit(where, proposal, ct))!.Subject;
                return await Beside(at, where, name, proposal, reason, commit, parent, ct);
            }

        return lineage.LandingOf(commit) is { } landed
            ? await objects.Describe(at.Manifest.Workspace, where, lineage.ParentsOf(landed)[0], landed, ct)
            : throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "one-commit", "The commit is part of a later one that was accepted already.", "Go on from the last commit.");
    }

    private async Task<CommitResult> Beside(Snapshot at, GitFolders where, string name, string proposal, string reason, string commit, string parent, CancellationToken ct) =>
        await objects.Describe(at.Manifest.Workspace, where, parent, commit, ct) with { Sha = proposal, ProposalRef = name, Reason = reason };

    // The dot is in no dispatch id: no other dispatch's proposals can look like these.
    private static List<KeyValuePair<string, string>> ProposalsOf(Manifest manifest, DispatchId dispatch) =>
        [.. manifest.Refs.Where(r => r.Key == Proposals.NameOf(dispatch.Value) || r.Key.StartsWith(Proposals.NameOf(dispatch.Value) + ".", StringComparison.Ordinal))];

    private static IReadOnlyList<string> Distinct(string one, string other) => one == other ? [one] : [one, other];
}
