using System.CommandLine;
using Vexa.Cli.Client;
using Vexa.Cli.Commands;
using Vexa.Cli.Stack;
using Vexa.Contracts;
using Vexa.Control.Checking;
using Vexa.Workspaces;

namespace Vexa.Cli.Storage;

/// <summary>
/// <c>vexa reindex</c>: reads all that is stored, mends what follows from the rest, and names what does not. Indexes themselves are in memory
/// and made anew at each start.
/// </summary>
internal static class ReindexCommand
{
    public static Command Create()
    {
        var command = new Command("reindex", "Check all that is stored, and mend what can be.") { Terminal.JsonOption() };
        command.SetAction(StopSignals.Stoppable(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var options = StackOptions.FromEnvironment();
            await using var stored = await StoredBucket.Open(options, ct);
            using var bucket = await SealedBucket.Open(stored.Bucket, options.Sealing, TimeProvider.System, ct);
            var records = new RecordCheck();
            var read = await new WorkStatus(terminal.Progress).Show("Reading", progress => new BucketCheck(bucket).Run(records.ShapeOf, progress, ct));
            var repaired = await Repair(options, records.Leftovers, ct);
            var report = read with { Faults = [.. read.Faults, .. await records.FindDangling(bucket, ct)] };
            terminal.Result(StorageChecked.Of(report, repaired: repaired), StorageJson.Default.StorageChecked);
            BackupCommand.TellFaults(terminal, report.Faults);
            foreach (var key in repaired)
                terminal.Line($"mended {key}: the run has ended, and this was left of it");
            terminal.Line($"{(report.Faults.Count == 0 ? "Sound" : $"{EventPrinter.Plural(report.Faults.Count, "fault")}")}: {EventPrinter.Plural(report.Workspaces, "workspace")} of {EventPrinter.Plural(report.Bundles, "bundle")}, {report.Records} records, {Sizes.Text(report.Bytes)} in clear.");
            if (report.Unnamed > 0)
                terminal.Advise($"{report.Unnamed} objects of workspaces that no manifest names. What a crash left goes with: vexa workspace gc");
            return report.Faults.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        }));
        return command;
    }

    // Where only the stack may write, it does the same at its next start.
    private static async Task<IReadOnlyList<string>> Repair(StackOptions options, IReadOnlyList<string> leftovers, CancellationToken ct)
    {
        if (leftovers.Count == 0)
            return [];

        try
        {
            await using var stored = await StoredBucket.OpenToWrite(options, ct);
            foreach (var key in leftovers)
                await stored.Bucket.Delete(key, ct);

            return leftovers;
        }
        catch (VexaException leased) when (leased.Rule == "bucket-in-use")
        {
            return [];
        }
    }
}
