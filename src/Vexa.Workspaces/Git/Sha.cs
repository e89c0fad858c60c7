using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Object names, as they come from outside and go to git's command line.</summary>
internal static class Sha
{
    public const int Length = 40;

    public static bool IsValid(string text) => text.Length == Length && text.All(char.IsAsciiHexDigitLower);

    /// <summary>A commit that a person names may be shortened.</summary>
    /// <exception cref="VexaException">404 <c>unknown-commit</c>: no commit can be called this.</exception>
    public static string Parse(string text, WorkspaceId workspace) =>
        text.Length is >= 4 and <= Length && text.All(char.IsAsciiHexDigitLower) ? text : throw Unknown(workspace);

    public static VexaException Unknown(WorkspaceId workspace) => new(Stage.WorkspaceOpen, Party.Caller, "unknown-commit",
        $"Workspace {workspace} has no such commit.", "Name a commit by its hash, 4 to 40 characters of 0-9 and a-f, as the log lists them.")
    { Status = 404 };
}
