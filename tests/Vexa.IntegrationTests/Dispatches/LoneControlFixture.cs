using Vexa.Identity;
using Vexa.IntegrationTests.Drivers;
using Vexa.IntegrationTests.Workspaces;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>Control alone, and agents that commit to the home workspace.</summary>
public abstract class LoneControlFixture : IAsyncLifetime
{
    private protected static readonly WorkspaceId Home = Id.Parse<WorkspaceId>("home");

    private protected string Folder { get; } = Directory.CreateTempSubdirectory("vexa-agent-").FullName;

    private protected LoneControl Control { get; private set; } = null!;

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Control = await LoneControl.Start(Time);

    public async ValueTask DisposeAsync()
    {
        await (Control?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected virtual TimeProvider Time => TimeProvider.System;

    private protected async Task<CommitResult> Commit(TurnLog turn, string path, string text) =>
        await Control.SendBundle(turn, Home, await BundleOf(turn, path, text));

    /// <summary>What the worker of a turn would send, where the agent wrote this file.</summary>
    private protected async Task<byte[]> BundleOf(TurnLog turn, string path, string text)
    {
        var agent = await Agent.Clone(Control.Workspaces, Home, Path.Combine(Folder, turn.Turn.Value), turn.Dispatch.Value);
        agent.Write(path, text);
        await CommitAs(agent, turn);
        return await agent.Bundle();
    }

    private protected static Task<string> CommitAs(Agent agent, TurnLog turn) =>
        agent.Commit(turn.Turn.Value, author: "owner", message: $"Turn\n\nDispatch: {turn.Dispatch}\nTurn: {turn.Turn}\nLauncher: user:owner\nRunner: claude-code");

    private protected async Task<Receipt> ReadReceipt(string commit)
    {
        var bundle = Path.Combine(Folder, "export.bundle");
        await using (var file = File.Create(bundle))
            await Control.Workspaces.Export(Home, file, Ct);

        var clone = await Agent.Clone(Control.Workspaces, Home, Path.Combine(Folder, "clone"), "reader");
        await clone.Git("fetch", "-q", bundle, "refs/notes/vexa:refs/notes/vexa");
        var tree = (await clone.Git("rev-parse", commit + "^{tree}")).Trim();
        return new ReceiptVerifier(KeySet.ForReceipts(Control.KeysFolder)).Verify(await clone.Git("notes", "--ref", "refs/notes/vexa", "show", commit), commit, tree);
    }
}
