using System.Text.Json;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Identity;

/// <summary>Signs receipts, with the key that signs tokens.</summary>
public sealed class ReceiptSigner(SigningKey key)
{
    public string Sign(Receipt receipt) => Jws.Sign(key, Jws.Receipt, JsonSerializer.SerializeToUtf8Bytes(receipt, VexaJson.Default.Receipt));
}

/// <summary>Verifies receipts with nothing but public keys.</summary>
public sealed class ReceiptVerifier(KeySet keys)
{
    /// <summary>Whether the text is a receipt of ours for just this commit and tree.</summary>
    /// <exception cref="VexaException">
    /// 409: <c>receipt-format</c>, <c>receipt-key</c>, <c>receipt-signature</c>, <c>receipt-commit</c>, <c>receipt-tree</c>.
    /// </exception>
    public Receipt Verify(string text, string commit, string tree)
    {
        if (Jws.Open(text.TrimEnd('\n'), Jws.Receipt, keys, out var fault) is not { } payload)
            throw fault switch
            {
                JwsFault.Key => Refused("receipt-key", "The receipt was signed with a key that is not among these.", $"Verify with the {KeySet.ReceiptsFileName} of the installation that made the commit."),
                JwsFault.Signature => Refused("receipt-signature", "The receipt's signature is wrong: it was changed after it was signed.", "Get the workspace anew from where it was made; do not trust this copy."),
                _ => NoReceipt(null),
            };

        var receipt = Read(payload);
        if (receipt.Commit != commit)
            throw Refused("receipt-commit", $"The receipt is of another commit: {receipt.Commit}.", "Somebody put it on this one; do not trust this copy.");
        if (receipt.Tree != tree)
            throw Refused("receipt-tree", $"The receipt is for other files: tree {receipt.Tree}.", "Do not trust this copy.");

        return receipt;
    }

    private static Receipt Read(byte[] payload)
    {
        try
        {
            return Contract.Read(payload, VexaJson.Default.Receipt) is { Iss: TokenVerifier.Issuer, Aud: Audience.Receipt } receipt ? receipt : throw NoReceipt(null);
        }
        catch (JsonException broken)
        {
            throw NoReceipt(broken);
        }
    }

    private static VexaException NoReceipt(Exception? cause) => Refused("receipt-format", "The commit's note is no receipt.", "Receipts are signed by an installation of vexa; this was written by somebody else.", cause);

    private static VexaException Refused(string rule, string message, string hint, Exception? cause = null) =>
        new(Stage.WorkspaceOpen, Party.Caller, rule, message, hint, cause) { Status = 409 };
}
