namespace Vexa.Worker.Runners;

/// <summary>
/// Where a CLI's sessions lie: in the home workspace, so that they are committed and a later container can go on with them. The CLI sees
/// the folder through a symlink in its state folder, whose other contents nobody wants in a commit.
/// </summary>
internal sealed class SessionFolder(WorkerOptions options)
{
    private RunnerSession Session => options.Order.Runner.Session;

    private string? Kept => options.HomeMount is { } home ? Path.Combine(home.Path, Session.Path) : null;

    /// <summary>Makes the folder and the link where they are missing; to be called before every run.</summary>
    /// <exception cref="VexaException">Something else stands in the way: rule <c>session-folder</c>.</exception>
    public void Prepare()
    {
        Directory.CreateDirectory(options.StateFolder);
        if (options.HomeMount is not { } home)
            return;

        var there = home.Mode == AccessMode.Rw ? MakeFolders(home.Path) : Directory.Exists(Kept);
        if (there && Session.Link is { } link)
            MakeLink(Path.Combine(options.StateFolder, link), Kept!);
    }

    /// <summary>True where the CLI has left a file of that session, so that a later turn can go on with it.</summary>
    public bool Has(string session)
    {
        // Enumeration follows no links by default, and the names are compared, not globbed: the id came from the CLI.
        var walk = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4, AttributesToSkip = FileAttributes.ReparsePoint };
        return session.Length > 0 && Kept is { } folder && Directory.Exists(folder)
            && Directory.EnumerateFiles(folder, "*", walk).Any(file => Path.GetFileName(file.AsSpan()).Contains(session, StringComparison.Ordinal));
    }

    // Each step must be a real folder: a planted symlink would put the session (and what the CLI writes beside it) somewhere else, and a
    // commit would then carry the link instead of the session.
    private bool MakeFolders(string home)
    {
        var folder = home;
        foreach (var part in Session.Path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            folder = Path.Combine(folder, part);
            if (part is "." or ".." || LinkOf(folder) is not null || File.Exists(folder))
                throw InTheWay(folder);
            Directory.CreateDirectory(folder);
        }

        return true;
    }

    private static void MakeLink(string link, string target)
    {
        if (LinkOf(link) is { } current)
        {
            if (current == target)
                return;
            File.Delete(link);
        }
        else if (Directory.Exists(link) && !Directory.EnumerateFileSystemEntries(link).Any())
            Directory.Delete(link);
        else if (Path.Exists(link))
            throw InTheWay(link);

        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        File.CreateSymbolicLink(link, target);
    }

    private static string? LinkOf(string path) => new FileInfo(path).LinkTarget;

    private static VexaException InTheWay(string path) => new(Stage.Runner, Party.Agent, "session-folder",
        $"The session cannot be kept: {path} is not a folder of its own.", "Move it out of the way in the workspace and send the message again.");
}
