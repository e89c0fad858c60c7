using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Control.Cards;
using Vexa.Workspaces;

namespace Vexa.Control.Runs;

/// <summary>
/// Puts on a run's record what of its work has landed. A commit is durable before anything tells of it; where this process died, or storage
/// failed, between the two, the workspaces themselves are asked before the record closes: what is on a trunk is in the record of its run.
/// </summary>
internal sealed partial class LandedWork(WorkspaceStore workspaces, MergeCards cards, TimeProvider time, ILogger<LandedWork> log)
{
    /// <summary>Makes the card, where the work is a proposal, and then the entry on record. The same again changes nothing.</summary>
    public async Task Record(LiveRun run, TurnId turn, CommitResult landed, CancellationToken stop)
    {
        if (landed.ProposalRef is { } kept)
            await cards.Put(landed, kept, run.Run.Id, run.Run.Subject, stop);

        await run.ChangeTurn(turn, t => t.Commits.Any(known => IsSame(known, landed)) ? t : t with { Commits = [.. t.Commits, landed] }, stop);
    }

    /// <summary>
    /// Looks into each workspace that the run may write to, and records what is missing. Ends though a workspace cannot be read: a run is not
    /// kept open for ever for one that is damaged or destroyed.
    /// </summary>
    public async Task Recover(LiveRun run, CancellationToken stop)
    {
        foreach (var workspace in run.Run.Workspaces.Where(workspace => workspace.Mode == AccessMode.Rw))
            if (await Durably.Try(() => Recover(run, workspace.Id, stop), time, stop) is { } fault)
                NotSearched(log, fault, run.Run.Id, workspace.Id);
    }

    private async Task Recover(LiveRun run, WorkspaceId workspace, CancellationToken stop)
    {
        foreach (var (turn, landed) in await workspaces.CommitsOf(workspace, run.Run.Id, stop))
            if (run.Run.Turns.Any(t => t.Id == turn && !t.Commits.Any(known => IsSame(known, landed))))
            {
                Recovered(log, run.Run.Id, landed.Sha, workspace);
                await Record(run, turn, landed, stop);
            }
    }

    private static bool IsSame(CommitResult known, CommitResult landed) => known.Workspace == landed.Workspace && known.Sha == landed.Sha;

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {Run}: commit {Commit} had landed in workspace {Workspace} and was not on record; now it is")]
    private static partial void Recovered(ILogger log, DispatchId run, string commit, WorkspaceId workspace);

    [LoggerMessage(Level = LogLevel.Error, Message = "run {Run} is closed, and whether its record names all that landed in workspace {Workspace} is not known")]
    private static partial void NotSearched(ILogger log, Exception fault, DispatchId run, WorkspaceId workspace);
}
