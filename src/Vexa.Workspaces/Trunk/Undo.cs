using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Takes commits back by one commit. A commit X is reverted by merging the tip with a commit that has the tree of X's parent and X as
/// its parent: the merge base of the two is X. (git 2.39's merge-tree cannot be given a base.)
/// </summary>
internal sealed class Undo(Git git, Objects objects, TimeProvider time)
{
    /// <exception cref="VexaException">404 <c>unknown-commit</c>; 409 <c>first-commit</c>.</exception>
    public async Task<Decision> Decide(Snapshot at, GitFolders where, IReadOnlyList<string> commits, SubjectId by, CancellationToken ct)
    {
        var targets = await ReadTargets(at, where, commits, ct);
        var message = MessageOf(targets);
        var undone = await RevertAll(where, at.Tip, targets, by, message, ct);
        if (undone.Conflict is { } conflict)
            return await Propose(at, where, targets, conflict, by, message, ct);

        var result = await objects.Describe(at.Manifest.Workspace, where, at.Tip, undone.Commit, ct);
        return result.Files == 0
            ? Decision.AlreadyDone(result with { Sha = at.Tip, Parent = null, Reason = "Nothing of it was left to take back" })
            : Decision.Land(new Landing(where, Snapshot.Trunk, undone.Commit, [at.Tip], result));
    }

    private async Task<List<Target>> ReadTargets(Snapshot at, GitFolders where, IReadOnlyList<string> commits, CancellationToken ct)
    {
        var lineage = await Lineage.Read(git, at, [], ct);
        var targets = new List<Target>();
        foreach (var sha in commits)
        {
            if (!Sha.IsValid(sha) || !lineage.Contains(sha))
                throw Sha.Unknown(at.Manifest.Workspace);
            // Of a merge, the first parent is the trunk before it: reverting to it takes the merged work back.
            if (lineage.ParentsOf(sha) is not [var parent, ..])
                throw new VexaException(Stage.WorkspaceCommit, Party.Caller, "first-commit", "A workspace's first commit cannot be taken back.", "Undo a later commit.") { Status = 409 };

            var before = await objects.ReadCommit(where, parent, ct);
            var target = await objects.ReadCommit(where, sha, ct);
            targets.Add(new Target(sha, before!.Tree, target!.Subject));
        }

        return targets;
    }

    // Newest first. Each step's commit stands on the tip, so that in the end there is only one.
    private async Task<(string Commit, MergeOutcome? Conflict)> RevertAll(GitFolders where, string tip, IReadOnlyList<Target> targets, SubjectId by, string message, CancellationToken ct)
    {
        var commit = tip;
        foreach (var target in targets)
        {
            var reverse = await objects.WriteCommit(where, CommitText.Of(target.TreeBefore, [target.Sha], by, time.GetUtcNow(), message), ct);
            var merge = await objects.Merge(where, commit, reverse, ct);
            if (!merge.IsClean)
                return (commit, merge);

            commit = await objects.WriteCommit(where, CommitText.Of(merge.Tree, [tip], by, time.GetUtcNow(), message), ct);
        }

        return (commit, null);
    }

    // Later work stands on what should go. What people get to decide on is the undo as it was right after the newest of the commits.
    private async Task<Decision> Propose(Snapshot at, GitFolders where, IReadOnlyList<Target> targets, MergeOutcome conflict, SubjectId by, string message, CancellationToken ct)
    {
        var name = Proposals.NameOf($"undo.{targets[0].Sha[..12]}");
        if (at.Manifest.Refs.TryGetValue(name, out var known) && await objects.ReadCommit(where, known, ct) is { Message: var before } && before.EndsWith(message, StringComparison.Ordinal))
            return Decision.AlreadyDone(await Beside(at, where, name, known, before.Split('\n', 2)[0], targets[0].Sha, ct));

        var newest = targets[0];
        var undone = await RevertAll(where, newest.Sha, targets, by, message, ct);
        var tree = undone.Conflict is null ? (await objects.ReadCommit(where, undone.Commit, ct))!.Tree : newest.TreeBefore;
        var proposal = await objects.WriteCommit(where, CommitText.Of(tree, [newest.Sha], by, time.GetUtcNow(), $"{conflict.Reason}\n\n{message}"), ct);
        name = Proposals.FreeName(at.Manifest, $"undo.{newest.Sha[..12]}");
        return Decision.Land(new Landing(where, name, proposal, [newest.Sha], await Beside(at, where, name, proposal, conflict.Reason, newest.Sha, ct)));
    }

    private async Task<CommitResult> Beside(Snapshot at, GitFolders where, string name, string proposal, string reason, string parent, CancellationToken ct) =>
        await objects.Describe(at.Manifest.Workspace, where, parent, proposal, ct) with { ProposalRef = name, Reason = reason };

    private static string MessageOf(IReadOnlyList<Target> targets)
    {
        var subject = targets.Count == 1 ? $"Undo: {targets[0].Subject}" : $"Undo {targets.Count} commits, the last: {targets[0].Subject}";
        return $"{subject}\n\n{string.Concat(targets.Select(t => $"Undoes: {t.Sha}\n"))}";
    }

    private sealed record Target(string Sha, string TreeBefore, string Subject);
}
