using System.CommandLine;
using System.Globalization;
using Vexa.Cli.Client;
using Vexa.Cli.Commands;
using Vexa.Cli.Stack;
using Vexa.Contracts;
using Vexa.Workspaces;

namespace Vexa.Cli.Storage;

/// <summary><c>vexa backup</c>: copies what is stored, sealed as it lies there, whether the stack runs or not.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var target = new Argument<string?>("target") { Description = "Where backups lie: a folder on another disk, or s3://bucket[/prefix].", Arity = ArgumentArity.ZeroOrOne };
        var keep = KeepOption();
        var command = new Command("backup", "Copy what is stored, sealed; list, check, prune.") { target, keep, Terminal.JsonOption(), List(), Check(), Prune() };
        command.SetAction(StopSignals.Stoppable(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var options = StackOptions.FromEnvironment();
            await using var stored = await StoredBucket.Open(options, ct);
            var named = parsed.GetValue(target) ?? throw Faults.Input("usage", "No target is named.", "Say where the backup goes: vexa backup /mnt/other-disk/vexa");
            using var held = await Hold(options);
            await using var place = await StoredBucket.OpenPlaceToWrite(options, named, ct);
            var backups = new Backups(place.Bucket, options.Sealing, TimeProvider.System);
            var made = await new WorkStatus(terminal.Progress).Show("Backing up", progress => backups.Make(stored.Bucket, InstallationFiles.Read(options), progress, ct));
            made = made with { Faults = [.. made.Faults, .. InstallationFiles.LeftOut(options)] };
            // Where something is wrong, the earlier ones may be all that is left of it.
            PruneReport? pruned = null;
            if (parsed.GetValue(keep) is { } count && made.Faults.Count == 0)
                try
                {
                    pruned = await backups.Prune(count, [], ct);
                }
                catch (VexaException fault)
                {
                    // The backup is made all the same, and has to be told.
                    made = made with { Faults = [new BucketFault("", fault.Rule, fault.Message, fault.Hint)] };
                }

            terminal.Result(new BackupMade(made.Faults.Count == 0, made.Snapshot, made.Workspaces, made.Objects, made.Bytes, made.NewObjects, made.NewBytes,
                [.. made.Shredded.Select(id => id.Value)], made.Faults, pruned?.Removed, KeyPlace(options)), StorageJson.Default.BackupMade);
            Tell(terminal, options, made, pruned);
            if (parsed.GetValue(keep) is not null && pruned is null)
                terminal.Line("No earlier snapshot was removed, because of what is wrong above.");
            return made.Faults.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        }));
        return command;
    }

    /// <summary>What opens a bucket and its backups.</summary>
    internal static string KeyPlace(StackOptions options) => options.PassphraseFile ?? options.KeyFile;

    /// <summary>What is wrong, a line each and the mend below it.</summary>
    internal static void TellFaults(Terminal terminal, IReadOnlyList<BucketFault> faults)
    {
        foreach (var fault in faults)
        {
            terminal.Line($"wrong  {fault.What}");
            terminal.Advise($"mend   {fault.Mend}");
        }
    }

    private static Command List()
    {
        var place = PlaceArgument();
        var command = new Command("list", "Show which snapshots there are.") { place, Terminal.JsonOption() };
        command.SetAction(StopSignals.Stoppable(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var options = StackOptions.FromEnvironment();
            await using var opened = StoredBucket.OpenPlace(options, parsed.GetValue(place)!);
            var found = await new Backups(opened.Bucket, options.Sealing, TimeProvider.System).List(ct);
            terminal.Result(new BackupList([.. found.Select(s => new BackupListed(s.Id, s.At, s.Workspaces, s.Objects, s.Bytes, s.Fault?.Message))]), StorageJson.Default.BackupList);
            foreach (var it in found)
                terminal.Line(it.Fault is { } fault ? $"{it.Id}  cannot be opened: {fault.Message}" : $"{it.Id}  {EventPrinter.Plural(it.Workspaces, "workspace")}, {it.Objects} objects, {Sizes.Text(it.Bytes)}");
            if (found.Count == 0)
                terminal.Line("There is none: no backup was finished there.");
            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Command Check()
    {
        var place = PlaceArgument();
        var snapshot = SnapshotOption();
        var command = new Command("check", "Read a whole snapshot: every byte is as it was copied, and the key opens it.") { place, snapshot, Terminal.JsonOption() };
        command.SetAction(StopSignals.Stoppable(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var options = StackOptions.FromEnvironment();
            await using var opened = StoredBucket.OpenPlace(options, parsed.GetValue(place)!);
            var backups = new Backups(opened.Bucket, options.Sealing, TimeProvider.System);
            var (id, report) = await new WorkStatus(terminal.Progress).Show("Checking", progress => backups.Check(parsed.GetValue(snapshot), progress, ct));
            terminal.Result(StorageChecked.Of(report, id), StorageJson.Default.StorageChecked);
            TellFaults(terminal, report.Faults);
            terminal.Line($"Snapshot {id} is {(report.Faults.Count == 0 ? "sound" : "damaged")}: {EventPrinter.Plural(report.Workspaces, "workspace")}, {report.Records} records, {Sizes.Text(report.Bytes)} in clear.");
            return report.Faults.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        }));
        return command;
    }

    private static Command Prune()
    {
        var place = PlaceArgument();
        var keep = KeepOption();
        var remove = new Option<string[]>("--remove") { Description = "A snapshot that goes, whatever its age." };
        var command = new Command("prune", "Remove old snapshots, and the objects that no other one names.") { place, keep, remove, Terminal.JsonOption() };
        command.SetAction(StopSignals.Stoppable(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var options = StackOptions.FromEnvironment();
            using var held = await Hold(options);
            await using var opened = await StoredBucket.OpenPlaceToPrune(options, parsed.GetValue(place)!, ct);
            var pruned = await new Backups(opened.Bucket, options.Sealing, TimeProvider.System).Prune(parsed.GetValue(keep), parsed.GetValue(remove) ?? [], ct);
            terminal.Result(new BackupPruned(Ok: true, pruned.Removed, pruned.Kept, pruned.Objects), StorageJson.Default.BackupPruned);
            TellPruned(terminal, pruned);
            return ExitCodes.Ok;
        }));
        return command;
    }

    private static void Tell(Terminal terminal, StackOptions options, BackupReport made, PruneReport? pruned)
    {
        TellFaults(terminal, made.Faults);
        terminal.Line(string.Create(CultureInfo.InvariantCulture,
            $"Snapshot {made.Snapshot}: {EventPrinter.Plural(made.Workspaces, "workspace")}, {made.Objects} objects of {Sizes.Text(made.Bytes)}; new: {made.NewObjects} of {Sizes.Text(made.NewBytes)}."));
        if (pruned is not null)
            TellPruned(terminal, pruned);
        terminal.Line($"What opens it is not in it: {KeyPlace(options)}");
        terminal.Line("Keep a copy of that file at another place. Without it, nobody can open the backup.");
    }

    private static void TellPruned(Terminal terminal, PruneReport pruned)
    {
        terminal.Line($"Removed: {(pruned.Removed.Count == 0 ? "no snapshot" : string.Join(", ", pruned.Removed))}, and {pruned.Objects} objects that no other one names. Left: {EventPrinter.Plural(pruned.Kept.Count, "snapshot")}.");
        if (pruned.Removed.Count > 0)
            terminal.AdviseAside("A workspace that was shredded is in every snapshot that was made before, and in no later one.");
    }

    // An object that one finds there, another may be about to remove.
    private static async Task<StackLock> Hold(StackOptions options)
    {
        Directory.CreateDirectory(options.DataFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return await StackLock.Take(options.BackupLockFile, TimeProvider.System) ?? throw Faults.Machine("backup-running", "Another backup, or a prune, is running.", "Wait for its end, then try again.");
    }

    internal static Argument<string> PlaceArgument() => new("source") { Description = "Where the backups lie: a folder, or s3://bucket[/prefix]." };

    internal static Option<string?> SnapshotOption() => new("--snapshot") { Description = "Which one; else the newest. See: backup list." };

    private static Option<int?> KeepOption()
    {
        var keep = new Option<int?>("--keep") { Description = "How many of the newest snapshots stay." };
        keep.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count < 1)
                result.AddError("--keep is at least 1: no backup at all is never what is kept.");
        });
        return keep;
    }
}
