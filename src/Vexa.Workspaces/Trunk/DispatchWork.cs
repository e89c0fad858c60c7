using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Tells what a dispatch brought to a workspace, from the commits alone: from their trailers, and from the names of its proposals.</summary>
internal sealed class DispatchWork(Git git, Objects objects)
{
    /// <summary>What is on the trunk, then what lies beside it; both oldest first.</summary>
    public async Task<IReadOnlyList<TurnCommit>> Find(Snapshot at, DispatchId dispatch, CancellationToken ct)
    {
        List<(TurnId Turn, CommitResult Result, Step Counted)> found = [.. await OnTrunk(at, dispatch, ct), .. await Beside(at, dispatch, ct)];
        if (found.Count == 0)
            return [];

        var changes = await objects.Count(new GitFolders(at.Repository), [.. found.Select(work => work.Counted)], ct);
        return [.. found.Zip(changes, (work, changed) => new TurnCommit(work.Turn, changed.CountedIn(work.Result)))];
    }

    // The dates of commits are an agent's word, so no date bounds this.
    private async Task<List<(TurnId, CommitResult, Step)>> OnTrunk(Snapshot at, DispatchId dispatch, CancellationToken ct)
    {
        var output = await git.Run(new GitCall(new GitFolders(at.Repository),
            "log", "--first-parent", "--reverse", "-z", "--fixed-strings", $"--grep={CommitText.DispatchTrailer}{dispatch}", "--format=%H%n%P%n%ce%n%B", "--end-of-options", at.Tip, "--"), ct);
        List<(TurnId, CommitResult, Step)> found = [];
        foreach (var fields in Encoding.UTF8.GetString(output.Span).Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(commit => commit.Split('\n', 4)))
            // Only what we committed: others may write such lines too.
            if (fields is [var sha, var parents, CommitText.OurEmail, var message] && parents.Split(' ')[0] is { Length: > 0 } parent && CommitText.TurnOf(message, dispatch) is { } turn)
                found.Add((turn, new CommitResult { Workspace = at.Manifest.Workspace, Sha = sha, Parent = parent }, new Step(parent, sha)));

        return found;
    }

    private async Task<List<(TurnId, CommitResult, Step)>> Beside(Snapshot at, DispatchId dispatch, CancellationToken ct)
    {
        List<(TurnId, CommitResult, Step)> found = [];
        foreach (var (name, proposal) in Proposals.Of(at.Manifest, dispatch).OrderBy(p => p.Key.Length).ThenBy(p => p.Key, StringComparer.Ordinal))
            if (await Read(at, proposal, ct) is { Parents: [var proposed] } ours && CommitText.TurnOf(ours.Message, dispatch) is { } turn && await Read(at, proposed, ct) is { Parents: [var parent, ..] })
                found.Add((turn, Proposals.Beside(at, name, proposal, ours.Subject, parent), new Step(parent, proposed)));

        return found;
    }

    private Task<CommitContent?> Read(Snapshot at, string commit, CancellationToken ct) => objects.ReadCommit(new GitFolders(at.Repository), commit, ct);
}
