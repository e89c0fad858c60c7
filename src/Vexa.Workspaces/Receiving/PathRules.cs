using System.Text;

namespace Vexa.Workspaces;

/// <summary>
/// Which paths a workspace may hold: such that no file system, however it folds names (HFS+ drops characters, NTFS has short names and
/// streams), can take one for <c>.git</c> or for something outside. git checks most of this too; we do not rely on it.
/// </summary>
internal static class PathRules
{
    private const int LongestPath = 1024;
    private const int LongestSegment = 255;
    private const int Deepest = 64;

    /// <summary>What is wrong with the path, in a few words that need no path; null where nothing is.</summary>
    public static string? Fault(string path)
    {
        if (path.Length == 0)
            return "is empty";
        if (Encoding.UTF8.GetByteCount(path) > LongestPath)
            return $"is longer than {LongestPath} bytes";
        if (path[0] == '/')
            return "is absolute";
        if (TextFault(path) is { } fault)
            return fault;

        var segments = path.Split('/');
        return segments.Length > Deepest ? $"is deeper than {Deepest} folders" : segments.Select(SegmentFault).FirstOrDefault(fault => fault is not null);
    }

    /// <summary>
    /// What is wrong with a symbolic link. Steps up are allowed at its beginning only: from there they are steps between real folders,
    /// while behind another link they may be steps out of the workspace.
    /// </summary>
    public static string? LinkFault(string path, string target)
    {
        if (target.Length == 0 || target[0] == '/')
            return "is absolute";
        if (TextFault(target) is { } fault)
            return fault;
        if (target.Length > 1 && target[1] == ':' && char.IsAsciiLetter(target[0]))
            return "begins with a drive";

        var steps = target.Split('/').Where(s => s is not ("" or ".")).ToList();
        var up = steps.TakeWhile(s => s == "..").Count();
        if (up > path.Count(c => c == '/'))
            return "leads out of the workspace";

        return steps.Skip(up).Any(s => s == "..") ? "goes up again after going down" : steps.Skip(up).Any(IsDotGit) ? "leads into .git" : null;
    }

    /// <summary>
    /// What a file system that folds names makes of one: those that are the same afterwards are one file there. An accent as a character of its
    /// own stays one: without ICU nobody here knows what it is composed to.
    /// </summary>
    public static string Fold(string name) =>
        string.Concat(name.Where(c => !IsIgnoredByHfs(c))).ToUpperInvariant().ToLowerInvariant().TrimEnd(' ', '.');

    private static string? TextFault(string text) =>
        text.Contains('\\', StringComparison.Ordinal) ? "contains a backslash"
        : text.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufffd' || (char.IsSurrogate(c) && !IsPaired(text))) ? "contains a character that is not text"
        : null;

    private static string? SegmentFault(string segment) => segment switch
    {
        "" => "has an empty part",
        "." or ".." => $"has the part '{segment}'",
        _ when Encoding.UTF8.GetByteCount(segment) > LongestSegment => $"has a part longer than {LongestSegment} bytes",
        _ when IsDotGit(segment) => "has a part that some system takes for .git",
        _ => null,
    };

    private static bool IsDotGit(string segment)
    {
        var seen = string.Concat(segment.Where(c => !IsIgnoredByHfs(c))).ToLowerInvariant();
        var stream = seen.IndexOf(':', StringComparison.Ordinal);
        var name = (stream < 0 ? seen : seen[..stream]).TrimEnd(' ', '.');
        return name == ".git" || (name.StartsWith("git~", StringComparison.Ordinal) && name.Length > 4 && name.AsSpan(4).IndexOfAnyExceptInRange('0', '9') < 0);
    }

    private static bool IsIgnoredByHfs(char c) =>
        c is (>= '\u200c' and <= '\u200f') or (>= '\u202a' and <= '\u202e') or (>= '\u206a' and <= '\u206f') or '\ufeff';

    private static bool IsPaired(string text)
    {
        for (var i = 0; i < text.Length; i++)
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                return false;

        return true;
    }
}
