namespace Vexa.Workspaces;

/// <summary>One run of git.</summary>
/// <param name="Where">Repository and object folders.</param>
/// <param name="Arguments">Starting with the command. What comes from outside is validated before it gets here.</param>
internal sealed record GitCall(GitFolders Where, params string[] Arguments)
{
    public Stream? Input { get; init; }

    /// <summary>Where output goes; absent, into the answer.</summary>
    public Stream? Output { get; init; }

    /// <summary>An index file of the caller's own, for the commands that make trees.</summary>
    public string? Index { get; init; }

    /// <summary>The version that a client asked for (<c>GIT_PROTOCOL</c>, git(1)).</summary>
    public string? Protocol { get; init; }

    /// <summary>In bytes; a git that writes more is killed.</summary>
    public long LongestOutput { get; init; } = 64L * 1024 * 1024;

    /// <summary>Absent, as the options say.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>In bytes of address space; absent, unlimited.</summary>
    public long? Memory { get; init; }
}

/// <param name="Repository">A bare repository of ours. No agent ever had a hand in it.</param>
/// <param name="NewObjects">Where objects are written instead, with the repository's as alternates; absent, into the repository.</param>
/// <param name="Borrowed">More folders of objects that are read, where there are new objects.</param>
internal sealed record GitFolders(string Repository, string? NewObjects = null, IReadOnlyList<string>? Borrowed = null);

internal sealed record GitAnswer(int ExitCode, ReadOnlyMemory<byte> Output, string Errors, GitEnd End)
{
    public bool Ok => End == GitEnd.Exited && ExitCode == 0;
}

internal enum GitEnd { Exited, TooSlow, TooMuchOutput }

/// <summary>git failed where it should not have: the cache is damaged, or we are. Never shown to a stranger.</summary>
internal sealed class GitException(string command, GitAnswer answer)
    : Exception($"git {command}: {answer.End}, exit code {answer.ExitCode}: {answer.Errors}")
{
    public bool DiskFull { get; } = answer.DiskFull();

    /// <summary>False where it was stopped because it took too long or said too much: that says nothing about what it worked on.</summary>
    public bool HasFailed { get; } = answer.End == GitEnd.Exited;
}

internal static class GitAnswers
{
    public static bool DiskFull(this GitAnswer answer) => answer.Errors.Contains("No space left on device", StringComparison.Ordinal);

    /// <summary>What it worked on needs more than <see cref="GitCall.Memory"/>: that says nothing about whether it is sound.</summary>
    public static bool OutOfMemory(this GitAnswer answer) =>
        !answer.Ok && (answer.Errors.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || answer.Errors.Contains("Cannot allocate memory", StringComparison.Ordinal));
}
