using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Vexa.Cli.Client;
using Vexa.Cli.Commands;
using Vexa.Cli.Stack;
using Vexa.Contracts;
using Vexa.Identity;

namespace Vexa.Cli.Receipts;

/// <summary><c>vexa verify</c>: who made a commit, for whom, with what; by its receipt and public keys alone. Nothing is asked over a network.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var commit = new Argument<string>("commit") { Description = "Its hash, or whatever git takes for one." };
        var from = new Option<string>("--from") { Description = "A clone, or a bundle file.", DefaultValueFactory = _ => "." };
        var workspace = new Option<string?>("--workspace", "-w") { Description = "The workspace it must be of." };
        var keys = new Option<string?>("--keys") { Description = $"The folder with {KeySet.ReceiptsFileName}; else this installation's." };
        var command = new Command("verify", "Check a commit's signed receipt, offline.") { commit, from, workspace, keys, Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var expected = parsed.GetValue(workspace) is { } name ? Id.Parse<WorkspaceId>(name) : (WorkspaceId?)null;
            var verifier = new ReceiptVerifier(Keys(parsed.GetValue(keys)));
            using var copy = await GitCopy.Open(parsed.GetValue(from)!, ct);
            var (sha, tree, note) = await copy.Read(parsed.GetValue(commit)!, ct);
            var receipt = verifier.Verify(note ?? throw Missing(sha), sha, tree);
            if (expected is { } id && receipt.Workspace != id)
                throw new VexaException(Stage.WorkspaceOpen, Party.Caller, "receipt-workspace", $"The receipt is of workspace {receipt.Workspace}.", "Somebody put it there; do not trust this copy.") { Status = 409 };

            terminal.Result(new VerifyReport(Ok: true, JsonSerializer.SerializeToElement(receipt, VexaJson.Default.Receipt)), ReceiptJson.Default.VerifyReport);
            Tell(terminal, receipt);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static KeySet Keys(string? folder)
    {
        folder ??= StackOptions.FromEnvironment().KeysFolder;
        return File.Exists(Path.Combine(folder, KeySet.ReceiptsFileName))
            ? KeySet.ForReceipts(folder)
            : throw Faults.Input("keys-missing", $"There is no {KeySet.ReceiptsFileName} in {folder}.", $"Copy it from the keys folder of the installation that made the commit, and say with --keys where it is. It holds public keys only.");
    }

    private static VexaException Missing(string commit) => new(Stage.WorkspaceOpen, Party.Caller, "receipt-missing", $"Commit {commit} has no receipt.",
        "A clone does not have them by itself: git fetch origin refs/notes/vexa:refs/notes/vexa. A commit that a person made has none.")
    { Status = 409 };

    private static void Tell(Terminal terminal, Receipt receipt)
    {
        terminal.Line($"good       commit {receipt.Commit} of workspace {receipt.Workspace}{(receipt.ProposalRef is { } proposal ? $", a proposal at {proposal}" : "")}");
        terminal.Line($"for        {receipt.Sub}, fired by {receipt.Act.Sub}");
        terminal.Line($"by         {receipt.Runner}{(receipt.Models.Count > 0 ? $" with {Printable.Clean(string.Join(", ", receipt.Models))}" : "")}, image {receipt.ImageDigest ?? "not told"}");
        terminal.Line($"dispatch   {receipt.Dispatch}, turn {receipt.Turn}, {DateTimeOffset.FromUnixTimeSeconds(receipt.Iat):yyyy-MM-dd HH:mm:ss}Z");
        terminal.Line($"allowed    {string.Join(", ", receipt.Workspaces.Select(access => $"{access.Id} ({(access.Mode == AccessMode.Rw ? "rw" : "ro")})"))}; tools: {(receipt.Tools.Count > 0 ? string.Join(", ", receipt.Tools) : "none")}");
        terminal.Line($"used       {receipt.InputTokens} tokens in, {receipt.OutputTokens} out, {receipt.ToolCalls} tool calls ({receipt.ToolCallsSha256})");
    }
}

/// <param name="Receipt">As <c>identity.v1</c> has it.</param>
internal sealed record VerifyReport(bool Ok, JsonElement Receipt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VerifyReport))]
internal sealed partial class ReceiptJson : JsonSerializerContext;
