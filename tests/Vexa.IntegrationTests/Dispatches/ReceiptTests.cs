using System.Security.Cryptography;
using System.Text.Json;
using Vexa.Identity;
using Vexa.IntegrationTests.Drivers;
using Vexa.IntegrationTests.Workspaces;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>What a turn leaves behind besides its commit: a receipt where it landed, a card where it did not.</summary>
public sealed class ReceiptTests : IAsyncLifetime
{
    private static readonly WorkspaceId Home = Id.Parse<WorkspaceId>("home");
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-agent-").FullName;
    private LoneControl _control = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _control = await LoneControl.Start();

    public async ValueTask DisposeAsync()
    {
        await (_control?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_turn_that_landed_has_a_receipt_with_all_that_it_used()
    {
        var turn = await _control.Send("t-1");
        var landed = await Commit(turn, "one.md", "1\n");
        var args = JsonDocument.Parse("""{ "b": 1.0, "a": "x" }""").RootElement;
        await _control.Say(turn, new Usage(100, 20, "m-1"));
        await _control.Say(turn, new ToolCall("c-1", "Write", args));
        await _control.Say(turn, new Usage(7, 3, "m-2"));
        await _control.Say(turn, new TurnComplete(Ok: true));
        _control.EndContainer(turn.Dispatch);
        await _control.AwaitEnd(turn.Dispatch);

        var receipt = await ReadReceipt(landed.Sha);
        Assert.Equal(("owner", "user:owner", turn.Dispatch, turn.Turn), (receipt.Sub, receipt.Act.Sub, receipt.Dispatch, receipt.Turn));
        Assert.Equal((107, 23, 1), (receipt.InputTokens, receipt.OutputTokens, receipt.ToolCalls));
        Assert.Equal(["m-1", "m-2"], receipt.Models);
        Assert.Equal(LoneControl.ImageDigest, receipt.ImageDigest);
        Assert.Equal(new WorkspaceAccess(Home, AccessMode.Rw), Assert.Single(receipt.Workspaces));
        // Whoever has the events can tell that these were the calls.
        var call = JsonSerializer.SerializeToUtf8Bytes((await _control.Events(turn.Dispatch)).Single(e => e is ToolCall), VexaJson.Default.UnitEvent);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([.. CanonicalJson.Of(call), (byte)'\n'])), receipt.ToolCallsSha256);
    }

    [Fact]
    public async Task Work_that_conflicts_makes_one_card_however_often_it_arrives()
    {
        var (one, two) = (await _control.Send("t-1"), await _control.Send("t-2"));
        var late = await Agent.Clone(_control.Workspaces, Home, Path.Combine(_folder, "late"), two.Dispatch.Value);
        var trunk = await Commit(one, "README.md", "# One\n");
        late.Write("README.md", "# Two\n");
        var work = await CommitAs(late, two);
        var bundle = await late.Bundle();

        var result = await _control.SendBundle(two, Home, bundle);
        Assert.Equal(result, await _control.SendBundle(two, Home, bundle));

        var key = Assert.Single(await _control.Bucket.List("cards/", Ct));
        var card = Assert.IsType<MergeCard>(JsonSerializer.Deserialize((await _control.Bucket.Get(key, Ct))!.Content.Span, VexaJson.Default.ProactiveCard));
        Assert.Equal((two.Dispatch, Id.Parse<SubjectId>("owner"), CardStatus.Pending), (card.Dispatch, card.Subject, card.Status));
        Assert.Equal((result.ProposalRef, result.Sha, late.Base, trunk.Sha, work), (card.Payload.Ref, card.Payload.Sha, card.Payload.Base, card.Payload.Trunk, card.Payload.Work));
        Assert.Equal(["README.md"], card.Payload.Paths);
        Assert.Equal(64, card.Hash.Length);
        Assert.Contains("`README.md`", card.BodyMd, StringComparison.Ordinal);
    }

    private async Task<CommitResult> Commit(TurnLog turn, string path, string text)
    {
        var agent = await Agent.Clone(_control.Workspaces, Home, Path.Combine(_folder, turn.Turn.Value), turn.Dispatch.Value);
        agent.Write(path, text);
        await CommitAs(agent, turn);
        return await _control.SendBundle(turn, Home, await agent.Bundle());
    }

    private static Task<string> CommitAs(Agent agent, TurnLog turn) =>
        agent.Commit(turn.Turn.Value, author: "owner", message: $"Turn\n\nDispatch: {turn.Dispatch}\nTurn: {turn.Turn}\nLauncher: user:owner\nRunner: claude-code");

    private async Task<Receipt> ReadReceipt(string commit)
    {
        var bundle = Path.Combine(_folder, "export.bundle");
        await using (var file = File.Create(bundle))
            await _control.Workspaces.Export(Home, file, Ct);

        var clone = await Agent.Clone(_control.Workspaces, Home, Path.Combine(_folder, "clone"), "reader");
        await clone.Git("fetch", "-q", bundle, "refs/notes/vexa:refs/notes/vexa");
        var tree = (await clone.Git("rev-parse", commit + "^{tree}")).Trim();
        return new ReceiptVerifier(KeySet.ForReceipts(_control.KeysFolder)).Verify(await clone.Git("notes", "--ref", "refs/notes/vexa", "show", commit), commit, tree);
    }
}
