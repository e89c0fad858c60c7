using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Control.Runs;
using Vexa.Identity;
using Vexa.Workspaces;

namespace Vexa.Control.Receipts;

/// <summary>
/// Puts a signed receipt on each commit of a turn, at the turn's end: only then its usage is known. The commits are durable long before, and
/// nothing waits for this but the closing of the run. Where it happens twice, because a run was taken up again, the first receipt stays.
/// </summary>
internal sealed partial class ReceiptWriter(WorkspaceStore workspaces, ReceiptSigner signer, TimeProvider time, ILogger<ReceiptWriter> log)
{
    /// <summary>Never fails: a commit without a receipt is one that <c>vexa verify</c> does not vouch for, and no reason to stop anything.</summary>
    public Task Write(Run run, TurnId turn, TurnTally tally, CommitResult commit, CancellationToken stop) => Write(ReceiptOf(run, turn, tally, commit), stop);

    private async Task Write(Receipt receipt, CancellationToken stop)
    {
        var fault = await Durably.Try(() => workspaces.AddNote(receipt.Workspace, receipt.Commit, tree => signer.Sign(receipt with { Tree = tree }) + "\n", stop), time, stop);
        if (fault is not null)
            NoReceipt(log, fault.InnerException ?? fault, receipt.Dispatch, receipt.Commit, (fault as VexaException)?.Rule ?? fault.GetType().Name);
    }

    private Receipt ReceiptOf(Run run, TurnId turn, TurnTally tally, CommitResult commit) => new()
    {
        Iss = TokenVerifier.Issuer,
        Aud = Audience.Receipt,
        Sub = run.Subject.Value,
        Act = new Actor(run.Launcher.ToString()),
        Iat = time.GetUtcNow().ToUnixTimeSeconds(),
        Dispatch = run.Id,
        Turn = turn,
        Workspaces = run.Workspaces,
        Tools = run.Tools,
        Workspace = commit.Workspace,
        Commit = commit.Sha,
        Tree = "",
        ProposalRef = commit.ProposalRef,
        Runner = run.Runner,
        Models = tally.Models,
        ImageDigest = run.ImageDigest,
        InputTokens = tally.InputTokens,
        OutputTokens = tally.OutputTokens,
        ToolCalls = tally.ToolCalls,
        ToolCallsSha256 = tally.ToolCallsSha256,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "run {Run}: commit {Commit} gets no receipt: {Rule}")]
    private static partial void NoReceipt(ILogger log, Exception cause, DispatchId run, string commit, string rule);
}
