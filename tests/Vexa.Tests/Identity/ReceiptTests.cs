using System.Text.Json;
using Vexa.Identity;

namespace Vexa.Tests.Identity;

public sealed class ReceiptTests : IDisposable
{
    private static readonly string Commit = new('a', 40), Tree = new('b', 40);
    private readonly SigningKey _key = SigningKey.Ephemeral();

    public void Dispose() => _key.Dispose();

    [Fact]
    public void A_receipt_is_read_with_the_public_key_alone()
    {
        var receipt = Verifier(_key).Verify(Sign(), Commit, Tree);

        Assert.Equal(("ada", "user:ada", Commit), (receipt.Sub, receipt.Act.Sub, receipt.Commit));
    }

    [Fact]
    public void Every_single_character_of_it_matters()
    {
        var note = Sign().TrimEnd('\n');
        for (var i = 0; i < note.Length; i++)
        {
            // The last bits of the last character stand for nothing; another one of the same bits would be the same signature.
            var flipped = note[..i] + (note[i] == 'A' ? 'Q' : 'A') + note[(i + 1)..];
            if (note[i] != 'A' || i < note.Length - 1)
                Assert.Contains(Rule(() => Verifier(_key).Verify(flipped, Commit, Tree)), new[] { "receipt-format", "receipt-key", "receipt-signature" });
        }
    }

    [Fact]
    public void A_receipt_is_for_one_commit_and_its_files()
    {
        Assert.Equal("receipt-commit", Rule(() => Verifier(_key).Verify(Sign(), new string('c', 40), Tree)));
        Assert.Equal("receipt-tree", Rule(() => Verifier(_key).Verify(Sign(), Commit, new string('c', 40))));
    }

    [Fact]
    public void A_receipt_of_an_unknown_key_is_refused()
    {
        using var other = SigningKey.Ephemeral();
        Assert.Equal("receipt-key", Rule(() => Verifier(other).Verify(Sign(), Commit, Tree)));
    }

    [Fact]
    public void A_receipt_is_no_token_and_a_token_is_no_receipt()
    {
        var time = new FakeTime();
        var refused = Assert.Throws<VexaException>(() => new TokenVerifier(KeySet.Of(_key.Public), time).Verify(Sign().Trim(), Audience.Door));
        Assert.Equal("token-invalid", refused.Rule);

        var token = new TokenMint(_key, time).Mint(Grant.Of(Vexa.Tests.Sample.Dispatch()), Audience.Door, TokenMint.Lifetime);
        Assert.Equal("receipt-format", Rule(() => Verifier(_key).Verify(token, Commit, Tree)));
        // Nor where the claims of the one are signed as the other.
        var claims = JsonSerializer.SerializeToUtf8Bytes(Sample(Commit, Tree), VexaJson.Default.Receipt);
        Assert.Equal("token-invalid", Assert.Throws<VexaException>(() => new TokenVerifier(KeySet.Of(_key.Public), time).Verify(Jws.Sign(_key, Jws.Token, claims), Audience.Receipt)).Rule);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Looks good to me.\n")]
    [InlineData("..")]
    public void A_note_that_somebody_wrote_by_hand_is_no_receipt(string note) => Assert.Equal("receipt-format", Rule(() => Verifier(_key).Verify(note, Commit, Tree)));

    [Fact]
    public void A_key_that_was_replaced_still_verifies_receipts_and_no_tokens()
    {
        var folder = Directory.CreateTempSubdirectory("vexa-test-").FullName;
        try
        {
            string note, token;
            using (var old = SigningKey.LoadOrCreate(folder))
            {
                note = new ReceiptSigner(old).Sign(Sample(Commit, Tree));
                token = new TokenMint(old, new FakeTime()).Mint(Grant.Of(Vexa.Tests.Sample.Dispatch()), Audience.Door, TokenMint.Lifetime);
            }

            File.Delete(Path.Combine(folder, "signing.pem"));
            SigningKey.LoadOrCreate(folder).Dispose();

            Assert.Equal(Commit, new ReceiptVerifier(KeySet.ForReceipts(folder)).Verify(note, Commit, Tree).Commit);
            Assert.Equal("token-invalid", Assert.Throws<VexaException>(() => new TokenVerifier(KeySet.FromFolder(folder), new FakeTime()).Verify(token, Audience.Door)).Rule);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    internal static Receipt Sample(string commit, string tree) => new()
    {
        Iss = "vexa",
        Aud = Audience.Receipt,
        Sub = "ada",
        Act = new Actor("user:ada"),
        Iat = 1772442904,
        Dispatch = Id.Parse<DispatchId>("d-1"),
        Turn = Id.Parse<TurnId>("t-1"),
        Workspaces = [new WorkspaceAccess(Id.Parse<WorkspaceId>("notes"), AccessMode.Rw)],
        Tools = [],
        Workspace = Id.Parse<WorkspaceId>("notes"),
        Commit = commit,
        Tree = tree,
        Runner = Id.Parse<RunnerName>("claude-code"),
        Models = ["m"],
        InputTokens = 1,
        OutputTokens = 2,
        ToolCalls = 0,
        ToolCallsSha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    };

    private static ReceiptVerifier Verifier(SigningKey key) => new(KeySet.Of(key.Public));

    private static string Rule(Action verify) => Assert.Throws<VexaException>(verify).Rule;

    private string Sign() => new ReceiptSigner(_key).Sign(Sample(Commit, Tree)) + "\n";
}
