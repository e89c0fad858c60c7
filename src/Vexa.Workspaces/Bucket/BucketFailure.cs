using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>What storage says, as the failure that a stranger can act on.</summary>
internal static class BucketFailure
{
    private const int Enospc = 28;
    private const int Edquot = 122;

    public static bool IsFull(Exception fault) => fault is IOException { HResult: Enospc or Edquot };

    public static bool IsStorage(Exception fault) => fault is IOException or UnauthorizedAccessException;

    /// <summary>What somebody was about who wanted the object of this key.</summary>
    /// <param name="ofWorkspace">Where it is a workspace's.</param>
    public static Stage StageOf(string key, Stage ofWorkspace = Stage.WorkspaceCommit) => key.StartsWith(Manifests.Root, StringComparison.Ordinal) ? ofWorkspace : Stage.Record;

    public static VexaException From(Exception fault, string key)
    {
        var stage = StageOf(key);
        return IsFull(fault)
            ? new(stage, Party.Operator, "bucket-full", "The bucket is full, so nothing new can be stored.",
                "Free space where the data folder lies, then try again; nothing stored so far is lost.", fault)
            { Status = 507 }
            : new(stage, Party.Operator, "bucket-unavailable", "The bucket cannot be read or written.",
                "Check that the data folder's disk is there and writable for vexa; the log has the cause.", fault)
            { Status = 503 };
    }
}
