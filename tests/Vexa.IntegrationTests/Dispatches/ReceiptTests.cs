using System.Security.Cryptography;
using System.Text.Json;
using Vexa.Identity;
using Vexa.IntegrationTests.Drivers;
using Vexa.IntegrationTests.Workspaces;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>What a turn leaves behind besides its commit: a receipt where it landed, a card where it did not.</summary>
public sealed class ReceiptTests : LoneControlFixture
{
    [Fact]
    public async Task A_turn_that_landed_has_a_receipt_with_all_that_it_used()
    {
        var turn = await Control.Send("t-1");
        var landed = await Commit(turn, "one.md", "1\n");
        var args = JsonDocument.Parse("""{ "b": 1.0, "a": "x" }""").RootElement;
        await Control.Say(turn, new Usage(100, 20, "m-1"));
        await Control.Say(turn, new ToolCall("c-1", "Write", args));
        await Control.Say(turn, new Usage(7, 3, "m-2"));
        await Control.Say(turn, new TurnComplete(Ok: true));
        Control.EndContainer(turn.Dispatch);
        await Control.AwaitEnd(turn.Dispatch);

        var receipt = await ReadReceipt(landed.Sha);
        Assert.Equal(("owner", "user:owner", turn.Dispatch, turn.Turn), (receipt.Sub, receipt.Act.Sub, receipt.Dispatch, receipt.Turn));
        Assert.Equal((107, 23, 1), (receipt.InputTokens, receipt.OutputTokens, receipt.ToolCalls));
        Assert.Equal(["m-1", "m-2"], receipt.Models);
        Assert.Equal(LoneControl.ImageDigest, receipt.ImageDigest);
        Assert.Equal(new WorkspaceAccess(Home, AccessMode.Rw), Assert.Single(receipt.Workspaces));
        // Whoever has the events can tell that these were the calls.
        var call = JsonSerializer.SerializeToUtf8Bytes((await Control.Events(turn.Dispatch)).Single(e => e is ToolCall), VexaJson.Default.UnitEvent);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([.. CanonicalJson.Of(call), (byte)'\n'])), receipt.ToolCallsSha256);
    }

    [Fact]
    public async Task Work_that_conflicts_makes_one_card_however_often_it_arrives()
    {
        var (one, two) = (await Control.Send("t-1"), await Control.Send("t-2"));
        var late = await Agent.Clone(Control.Workspaces, Home, Path.Combine(Folder, "late"), two.Dispatch.Value);
        var trunk = await Commit(one, "README.md", "# One\n");
        late.Write("README.md", "# Two\n");
        var work = await CommitAs(late, two);
        var bundle = await late.Bundle();

        var result = await Control.SendBundle(two, Home, bundle);
        Assert.Equal(result, await Control.SendBundle(two, Home, bundle));

        var key = Assert.Single(await Control.Bucket.List("cards/", Ct));
        var card = Assert.IsType<MergeCard>(JsonSerializer.Deserialize((await Control.Bucket.Get(key, Ct))!.Content.Span, VexaJson.Default.ProactiveCard));
        Assert.Equal((two.Dispatch, Id.Parse<SubjectId>("owner"), CardStatus.Pending), (card.Dispatch, card.Subject, card.Status));
        Assert.Equal((result.ProposalRef, result.Sha, late.Base, trunk.Sha, work), (card.Payload.Ref, card.Payload.Sha, card.Payload.Base, card.Payload.Trunk, card.Payload.Work));
        Assert.Equal(["README.md"], card.Payload.Paths);
        Assert.Equal(64, card.Hash.Length);
        Assert.Contains("`README.md`", card.BodyMd, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_turn_that_says_it_is_complete_while_its_commit_is_on_its_way_has_a_receipt_all_the_same()
    {
        var turn = await Control.Send("t-1");
        var bundle = await BundleOf(turn, "one.md", "1\n");
        var (arrived, goesOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        Control.BeforePut = async key =>
        {
            if (key != "workspaces/home/manifest")
                return;

            arrived.TrySetResult();
            await goesOn.Task;
        };
        var sending = Control.SendBundle(turn, Home, bundle);
        await arrived.Task.WaitAsync(Ct);
        await Control.Say(turn, new TurnComplete(Ok: true));
        await Until.IsTrue(async () => (await Control.ReadRun(turn.Dispatch)).Turns[0].Ok is true ? "" : null);

        goesOn.SetResult();
        var landed = await sending;

        // While its container lives.
        await Until.IsTrue(async () => (await Control.Workspaces.Refs(Home, Ct)).ContainsKey("refs/notes/vexa") ? "" : null);
        Assert.Equal(turn.Turn, (await ReadReceipt(landed.Sha)).Turn);
    }

    [Fact]
    public async Task A_receipt_that_cannot_be_written_whatever_the_cause_keeps_no_run_from_its_end()
    {
        var turn = await Control.Send("t-1");
        await Commit(turn, "one.md", "1\n");
        Control.BeforePut = key => key.StartsWith("workspaces/home/", StringComparison.Ordinal) ? throw new InvalidDataException("Damaged.") : Task.CompletedTask;
        await Control.Say(turn, new TurnComplete(Ok: true));
        Control.EndContainer(turn.Dispatch);

        Assert.Single((await Control.AwaitEnd(turn.Dispatch)).Turns[0].Commits);
    }
}
