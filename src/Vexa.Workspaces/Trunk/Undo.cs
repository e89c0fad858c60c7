using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Takes commits back by one commit, which names them in its trailers: so what was taken back before is known again later.</summary>
internal sealed class Undo(Git git, Objects objects, TimeProvider time)
{
    private const string Trailer = "Undoes: ";

    // As git revert writes it, with a full hash or a short one.
    private const string Reverts = "This reverts commit ";
    private const int ShortestName = 7;

    /// <exception cref="VexaException">404 <c>unknown-commit</c>; 409 <c>first-commit</c>.</exception>
    public async Task<Decision> Decide(Ground ground, IReadOnlyList<string> commits, SubjectId by, CancellationToken ct)
    {
        var (at, where, _) = ground;
        var all = await ReadTargets(at, where, commits, ct);
        var before = await FindUndone(at, where, ct);
        var targets = all.Where(target => !before.ContainsKey(target.Sha)).ToList();
        if (targets.Count == 0)
            return AlreadyDone(at, before[all[0].Sha], $"It was taken back before, by commit {before[all[0].Sha][..10]}");

        var reversal = new Reversal(objects, where, by, time);
        var message = MessageOf(targets, by);
        var undone = await reversal.Of(at.Tip, Lines(targets), ct);
        if (undone.Conflicts.Count > 0)
            return await Propose(at, where, reversal, targets, undone.Conflicts, by, message, ct);

        if (undone.Tree is not { } tree)
            return AlreadyDone(at, at.Tip, "Nothing of it is left to take back");

        var commit = Objects.WriteCommit(where, CommitText.Of(tree, [at.Tip], by, time.GetUtcNow(), message));
        return Decision.Land(new Landing(Snapshot.Trunk, commit, [at.Tip], new CommitResult { Workspace = at.Manifest.Workspace, Sha = commit, Parent = at.Tip }, new Step(at.Tip, commit)));
    }

    private static Decision AlreadyDone(Snapshot at, string sha, string reason) =>
        Decision.AlreadyDone(new CommitResult { Workspace = at.Manifest.Workspace, Sha = sha, Reason = reason });

    private async Task<List<Target>> ReadTargets(Snapshot at, GitFolders where, IReadOnlyList<string> commits, CancellationToken ct)
    {
        var lineage = await Lineage.Read(git, where, at, [], since: null, ct);
        var targets = new List<Target>();
        foreach (var sha in commits)
        {
            if (!Sha.IsValid(sha) || !lineage.Contains(sha))
                throw Sha.Unknown(at.Manifest.Workspace);
            // Of a merge, the first parent is the trunk before it: reverting to it takes the merged work back.
            if (lineage.ParentsOf(sha) is not [var parent, ..])
                throw new VexaException(Stage.WorkspaceCommit, Party.Caller, "first-commit", "A workspace's first commit cannot be taken back.", "Undo a later commit.") { Status = 409 };

            targets.Add(new Target(sha, parent, (await objects.ReadCommit(where, sha, ct))!.Subject));
        }

        return targets;
    }

    // Commit → the commit of the trunk that took it back, and was not taken back itself. Only our own say so: below the first line of an
    // agent's stands what is checked, and people write what they like. Where a person's commit says that it reverts one of ours, or one
    // that had taken that back, nobody knows any more what holds: then nothing is said here, and the files decide.
    private async Task<Dictionary<string, string>> FindUndone(Snapshot at, GitFolders where, CancellationToken ct)
    {
        var ours = (await ReadLog(where, ["--first-parent", $"--grep=^{Trailer}"], at.Tip, ct)).Where(commit => commit.Committer == CommitText.OurEmail).ToList();
        var reverted = ours.Count == 0 ? [] : (await ReadLog(where, [$"--grep=^{Reverts}"], at.Tip, ct)).SelectMany(commit => commit.Named(Reverts)).ToList();
        // What the newest says about a commit counts.
        var said = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var undo in ours)
            if (said.GetValueOrDefault(undo.Sha) is null)
            {
                var holds = !said.ContainsKey(undo.Sha) && !reverted.Any(name => undo.Sha.StartsWith(name, StringComparison.Ordinal));
                foreach (var commit in undo.Named(Trailer))
                    said.TryAdd(commit, holds ? undo.Sha : null);
            }

        return said.Where(entry => entry.Value is not null).ToDictionary(entry => entry.Key, entry => entry.Value!, StringComparer.Ordinal);
    }

    // Newest first.
    private async Task<IEnumerable<Telling>> ReadLog(GitFolders where, string[] which, string tip, CancellationToken ct)
    {
        var output = await git.Run(new GitCall(where, ["log", "-z", .. which, "--format=%H%n%ce%n%b", "--end-of-options", tip, "--"]) { LongestOutput = long.MaxValue }, ct);
        return Encoding.UTF8.GetString(output.Span).Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(commit => commit.Split('\n')).Select(lines => new Telling(lines[0], lines[1], lines[2..]));
    }

    // Later work stands on what should go. What people get to decide on is the undo as it was right after the newest of the commits.
    private async Task<Decision> Propose(Snapshot at, GitFolders where, Reversal reversal, IReadOnlyList<Target> targets, IReadOnlyList<string> conflicts, SubjectId by, string message, CancellationToken ct)
    {
        var reason = MergeOutcome.ReasonOf(conflicts);
        var newest = targets[0];
        var name = Proposals.NameOf($"undo.{newest.Sha[..12]}");
        if (at.Manifest.Refs.TryGetValue(name, out var known) && await objects.ReadCommit(where, known, ct) is { Message: var before } && before.EndsWith(message, StringComparison.Ordinal))
            return Decision.AlreadyDone((await objects.Count(where, [new Step(newest.Sha, known)], ct))[0].CountedIn(Beside(at, name, known, before.Split('\n', 2)[0], newest.Sha)));

        var tree = (await reversal.Of(newest.Sha, Lines(targets), ct)).Tree ?? (await objects.ReadCommit(where, newest.Parent, ct))!.Tree;
        var proposal = Objects.WriteCommit(where, CommitText.Of(tree, [newest.Sha], by, time.GetUtcNow(), $"{reason}\n\n{ConflictFacts.Trailers(at.Tip, newest.Sha, conflicts)}\n{message}"));
        name = Proposals.FreeName(at.Manifest, $"undo.{newest.Sha[..12]}");
        return Decision.Land(new Landing(name, proposal, [newest.Sha], Beside(at, name, proposal, reason, newest.Sha), new Step(newest.Sha, proposal)));
    }

    private static CommitResult Beside(Snapshot at, string name, string proposal, string reason, string parent) =>
        new() { Workspace = at.Manifest.Workspace, Sha = proposal, Parent = parent, ProposalRef = name, Reason = reason };

    private static string MessageOf(IReadOnlyList<Target> targets, SubjectId by)
    {
        var subject = targets.Count == 1 ? $"Undo: {targets[0].Subject}" : $"Undo {targets.Count} commits, the last: {targets[0].Subject}";
        return $"{subject}\n\n{string.Concat(targets.Select(t => $"{Trailer}{t.Sha}\n"))}Launcher: {Launcher.User(by)}\n";
    }

    private static IReadOnlyList<(string Sha, string Parent)> Lines(IEnumerable<Target> targets) => [.. targets.Select(t => (t.Sha, t.Parent))];

    private sealed record Target(string Sha, string Parent, string Subject);

    private sealed record Telling(string Sha, string Committer, IReadOnlyList<string> Body)
    {
        public IEnumerable<string> Named(string behind) => Body.Where(line => line.StartsWith(behind, StringComparison.Ordinal))
            .Select(line => string.Concat(line.Skip(behind.Length).TakeWhile(char.IsAsciiHexDigitLower))).Where(name => name.Length >= ShortestName);
    }
}
