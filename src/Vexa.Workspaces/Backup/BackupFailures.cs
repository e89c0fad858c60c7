using Vexa.Contracts;

namespace Vexa.Workspaces;

internal static class BackupFailures
{
    public static VexaException Missing() => Refused("backup-missing", "There is no backup at that place.", "See what is there; a backup is made with: vexa backup TARGET");

    public static VexaException Foreign() => Refused("backup-foreign", "At that place lies something that is no backup.", "Name an empty folder, or one that has backups of this installation.");

    public static VexaException OtherInstallation() => Refused("backup-other", "At that place lie backups of another installation.", "Name another place: one for each installation.");

    public static VexaException Newer() => Refused("backup-version", "The backup was made by a later version of vexa.", "Use that version, or a later one.");

    public static VexaException Nothing() => Refused("nothing-stored", "There is nothing to back up: nothing is stored here yet.", "Start the stack once (vexa up), or name the data folder in VEXA_DATA.");

    public static VexaException UnknownSnapshot(string id) => new(Stage.Request, Party.Caller, "unknown-snapshot", $"There is no snapshot {id}.", "See which there are: vexa backup list TARGET") { Status = 404 };

    public static VexaException NoSnapshot() => new(Stage.Request, Party.Caller, "unknown-snapshot", "There is no snapshot: no backup was finished there.", "Make one: vexa backup TARGET") { Status = 404 };

    public static VexaException NotEmpty() => Refused("bucket-not-empty", "There is something stored here already, and a restore does not mix with it.",
        "Stop the stack (vexa down), move the folder bucket in the data folder away, and try again; or name another data folder in VEXA_DATA.");

    public static VexaException OtherRestore(string id) => Refused("restore-unfinished", $"A restore of snapshot {id} was begun here and not finished.",
        $"Finish it with --snapshot {id}, or move the folder bucket in the data folder away to begin anew.");

    public static VexaException Damaged(string key, string what) => Broken("backup-damaged", $"In the backup, the object {key} is damaged: {what}.");

    public static VexaException IndexDamaged(string id, string what, Exception? cause) => Broken("backup-damaged", $"Snapshot {id} cannot be read: {what}.", cause);

    public static VexaException Damages(IReadOnlyList<BucketFault> faults) => Broken("backup-damaged",
        $"{(faults.Count == 1 ? "One object of the backup is" : $"{faults.Count} objects of the backup are")} damaged, so nothing was restored. {string.Join(' ', faults.Take(MostNamed).Select(f => f.What))}{(faults.Count > MostNamed ? " ..." : "")}");

    public static VexaException NotPrunable(string id, VexaException why) => Broken("backup-unreadable",
        $"Snapshot {id} cannot be opened, so nobody knows which objects it needs, and none is removed: {why.Message}", why, $"Bring its key back, or give it up: vexa backup prune TARGET --remove {id}");

    public static VexaException Full(Exception cause) => new(Stage.Record, Party.Operator, "backup-full", "The backup's place is full; the backup is not finished, those before it are as they were.",
        "Free space there, or remove old ones (vexa backup prune TARGET --keep N), then back up again: what was copied is not copied again.", cause)
    { Status = 507 };

    public static VexaException Unavailable(Exception cause) => new(Stage.Record, Party.Operator, "backup-unavailable", "The backup's place cannot be read or written.",
        "Check that it is there, and that you may write there; then try again.", cause)
    { Status = 503 };

    public static VexaException Busy() => new(Stage.Record, Party.Operator, "backup-busy", "What is stored changed again and again while it was being copied; there is no new backup.", "Try again, at a quieter time.") { Status = 503 };

    private const int MostNamed = 5;

    private static VexaException Refused(string rule, string message, string hint) => new(Stage.Request, Party.Caller, rule, message, hint) { Status = 409 };

    private static VexaException Broken(string rule, string message, Exception? cause = null, string hint = "Restore another snapshot (vexa backup list TARGET), or what is sound of this one: vexa restore TARGET --despite-damage") =>
        new(Stage.Record, Party.Operator, rule, message, hint, cause) { Status = 500 };
}
