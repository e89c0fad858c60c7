namespace Vexa.Workspaces;

/// <summary>
/// The names that new paths have in their folders, and in the folders above those. None of them may be another one's on a system that folds
/// names: who clones the workspace there would lose one of the two. What has been there before is compared with, and not judged again.
/// </summary>
internal sealed class NewNames
{
    public const string Fault = "differs from a name beside it only in what some systems do not tell apart";

    private readonly Dictionary<string, Dictionary<string, string>> _folders = new(StringComparer.Ordinal);

    private NewNames()
    {
    }

    public static NewNames None { get; } = new();

    /// <param name="most">Folders; a few that contain each other can stand for more of them than there is memory.</param>
    /// <returns>Null where there are more.</returns>
    public static NewNames? Of(IEnumerable<string> paths, int most)
    {
        var names = new NewNames();
        foreach (var path in paths)
        {
            var start = 0;
            for (var end = path.IndexOf('/', StringComparison.Ordinal); end >= 0; end = path.IndexOf('/', start))
            {
                names.Add(path, start, end);
                start = end + 1;
            }

            names.Add(path, start, path.Length);
            if (names._folders.Count > most)
                return null;
        }

        return names;
    }

    /// <summary>What is to be asked of <c>cat-file --batch-command</c> about a tree, or a commit.</summary>
    public string Questions(string tree) => string.Concat(_folders.Keys.Select(folder => $"contents {tree}:{folder}\n"));

    /// <summary>Reads the answers.</summary>
    /// <returns>A new name that is another one's too; null where there is none.</returns>
    public string? FindTaken(ObjectReader answers)
    {
        foreach (var folder in _folders.Keys)
            foreach (var name in answers.Names())
                if (FindTaken(folder, name) is { } taken)
                    return taken;

        return null;
    }

    /// <summary>The same where nothing is there but the new paths: looks at one of them.</summary>
    public string? FindTaken(string path)
    {
        var folder = "";
        foreach (var name in path.Split('/'))
        {
            if (FindTaken(folder, name) is { } taken)
                return taken;

            folder = PathOf(folder, name);
        }

        return null;
    }

    private string? FindTaken(string folder, string name) =>
        _folders[folder].TryGetValue(PathRules.Fold(name), out var known) && known != name ? PathOf(folder, known) : null;

    private static string PathOf(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    private void Add(string path, int start, int end)
    {
        var (folder, name) = (start == 0 ? "" : path[..(start - 1)], path[start..end]);
        if (!_folders.TryGetValue(folder, out var names))
            _folders[folder] = names = new Dictionary<string, string>(StringComparer.Ordinal);

        // Where two new ones are one, the folder has the other one too, and there it is found.
        names.TryAdd(PathRules.Fold(name), name);
    }
}
