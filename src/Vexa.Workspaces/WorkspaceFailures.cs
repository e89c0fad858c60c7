using Vexa.Contracts;

namespace Vexa.Workspaces;

internal static class WorkspaceFailures
{
    public const string CacheFullRule = "cache-full";

    public static VexaException CacheFull(Exception? cause) => new(Stage.WorkspaceCommit, Party.Operator, CacheFullRule,
        "The runtime folder is full, so git cannot work.", "Give its tmpfs more space, or let running dispatches end; nothing stored so far is lost.", cause)
    { Status = 507 };

    public static VexaException Git(Exception cause) => new(Stage.WorkspaceOpen, Party.Vexa, "git-failed",
        "git failed on a workspace.", "Try again; the log has the cause: vexa logs", cause)
    { Status = 503 };

    public static VexaException Busy(WorkspaceId workspace) => new(Stage.WorkspaceCommit, Party.Operator, "workspace-busy",
        $"Workspace {workspace} was moved by others again and again.", "Try again.")
    { Status = 503 };
}
