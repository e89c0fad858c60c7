using Vexa.Contracts;

namespace Vexa.Workspaces;

internal static class SealingFailures
{
    private const string Restore = "Restore it from a backup of the bucket; nothing else is affected.";

    public static VexaException Damaged(string key, string what) =>
        new(StageOf(key), Party.Operator, "object-damaged", $"The object {key} in the bucket is damaged: {what}.", Restore) { Status = 500 };

    public static VexaException NotSealed(string key) =>
        new(StageOf(key), Party.Operator, "not-sealed", $"The object {key} in the bucket is not sealed, so nobody knows who wrote it.", Restore) { Status = 500 };

    public static VexaException NeverSealed() => Key("bucket-not-sealed", "The bucket holds objects but no keys/records, without which none of them opens.",
        "Finish the restore that broke off (vexa restore), or put keys/records back from a backup, or move the bucket's folder away to start with an empty one.");

    public static VexaException Missing(string what, string mend, Exception? cause = null) => Key("key-missing", what, mend, cause);

    public static VexaException Open(string path, string why, string mend) => Key("key-file", $"The file {path} is not used: {why}.", mend);

    public static VexaException Unusable(string path, string why, string mend, Exception? cause = null) => Key("key-file", $"The file {path} cannot be used: {why}.", mend, cause);

    public static VexaException Unknown(string keyId, string where) =>
        Key("key-unknown", $"A key of the bucket is wrapped under {keyId}, which {where} does not hold.", $"Put the key {keyId} back, from a backup of the keys.");

    public static VexaException Wrong(string keyId, string purpose) =>
        Key("key-wrong", $"The key {keyId} does not open the wrapped key of {purpose}: it is another key of that name, or the wrapped key is damaged.", "Restore the key, or the wrapped key, from a backup.");

    private static Stage StageOf(string key) => BucketFailure.StageOf(key, ofWorkspace: Stage.WorkspaceOpen);

    private static VexaException Key(string rule, string message, string mend, Exception? cause = null) => new(Stage.Record, Party.Operator, rule, message, mend, cause) { Status = 500 };
}
