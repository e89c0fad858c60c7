using System.CommandLine;
using Vexa.Cli.Client;
using Vexa.Cli.Commands;
using Vexa.Cli.Stack;
using Vexa.Workspaces;

namespace Vexa.Cli.Storage;

/// <summary><c>vexa restore</c>: brings a backup back where nothing is stored yet.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var place = BackupCommand.PlaceArgument();
        var snapshot = BackupCommand.SnapshotOption();
        var despite = new Option<bool>("--despite-damage") { Description = "Restore what is sound where a part of the backup is damaged." };
        var command = new Command("restore", "Bring a backup back to where nothing is stored yet.") { place, snapshot, despite, Terminal.JsonOption() };
        command.SetAction(StopSignals.Stoppable(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var options = StackOptions.FromEnvironment();
            await using var opened = StoredBucket.OpenPlace(options, parsed.GetValue(place)!);
            var backups = new Backups(opened.Bucket, options.Sealing, TimeProvider.System);
            Directory.CreateDirectory(options.DataFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            // Held to the end: nothing starts on a bucket that is half there.
            using var held = await StackLock.Take(options, TimeProvider.System)
                ?? throw Faults.Machine("already-running", "The stack is running, and a restore happens while it is down.", "Stop it: vexa down");
            await using var bucket = await StoredBucket.OpenToWrite(options, ct);
            var damage = parsed.GetValue(despite) ? DamagePolicy.LeaveOut : DamagePolicy.Refuse;
            var restored = await new WorkStatus(terminal.Progress).Show("Restoring", progress => backups.Restore(parsed.GetValue(snapshot), bucket.Bucket, damage, files => InstallationFiles.Write(options, files), progress, ct));
            terminal.Result(new RestoreMade(restored.Faults.Count == 0, restored.Snapshot, restored.Workspaces, restored.Objects, restored.Bytes,
                [.. restored.Shredded.Select(id => id.Value)], restored.Faults), StorageJson.Default.RestoreMade);
            Tell(terminal, options, restored);
            return restored.Faults.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        }));
        return command;
    }

    private static void Tell(Terminal terminal, StackOptions options, RestoreReport restored)
    {
        BackupCommand.TellFaults(terminal, restored.Faults);
        terminal.Line($"Restored snapshot {restored.Snapshot}: {EventPrinter.Plural(restored.Workspaces, "workspace")}, {restored.Objects} objects of {Sizes.Text(restored.Bytes)}.");
        if (restored.Shredded.Count > 0)
            terminal.Line($"Shredded since, and not brought back: {string.Join(", ", restored.Shredded)}.");
        terminal.Advise("What was revoked, undone or shredded after this snapshot, and is in no later one, is back as it was: look at it (vexa token list).");
        terminal.Line($"It opens with {BackupCommand.KeyPlace(options)}, which has to stay there.");
        terminal.Advise("While the original still runs, back this one up to another place: at the same one, its state would be the newest.");
        terminal.Advise("Start it: vexa up. A machine without an agent image needs one before: vexa image build");
    }
}
