using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Makes a workspace's first commit.</summary>
internal sealed class Founding(Git git, TimeProvider time)
{
    /// <summary>Commits the files in a repository of their own.</summary>
    /// <exception cref="VexaException">Rule <c>bad-path</c>.</exception>
    public async Task<string> Commit(string repository, WorkspaceId id, IReadOnlyDictionary<string, string> files, SubjectId author, CancellationToken ct)
    {
        CheckPaths(files);
        var output = await git.Run(new GitCall(new GitFolders(repository), "fast-import", "--quiet") { Input = Script(id, files, author) }, ct);
        return Encoding.ASCII.GetString(output.Span).Trim();
    }

    private static void CheckPaths(IReadOnlyDictionary<string, string> files)
    {
        foreach (var path in files.Keys)
        {
            if (PathRules.Fault(path) is { } fault)
                throw BadPath($"The path {System.Text.Json.JsonEncodedText.Encode(path.Length > 200 ? path[..200] : path)} {fault}.");

            for (var end = path.IndexOf('/', StringComparison.Ordinal); end >= 0; end = path.IndexOf('/', end + 1))
                if (files.ContainsKey(path[..end]))
                    throw BadPath($"The path {path[..end]} is a file and a folder at once.");
        }

        var names = NewNames.Of(files.Keys, int.MaxValue)!;
        foreach (var path in files.Keys)
            if (names.FindTaken(path) is { } taken)
                throw BadPath($"The path {System.Text.Json.JsonEncodedText.Encode(taken)} {NewNames.Fault}.");
    }

    private MemoryStream Script(WorkspaceId id, IReadOnlyDictionary<string, string> files, SubjectId author)
    {
        var script = new MemoryStream();
        var at = $"{time.GetUtcNow().ToUnixTimeSeconds()} +0000";
        Line($"commit {Snapshot.Trunk}\nmark :1\nauthor {CommitText.Author(author)} {at}\ncommitter {CommitText.Committer} {at}");
        Data($"Make workspace {id}\n");
        foreach (var (path, content) in files)
        {
            Line($"M 100644 inline \"{path.Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
            Data(content);
        }

        Line("get-mark :1");
        script.Position = 0;
        return script;

        void Line(string text) => script.Write(Encoding.UTF8.GetBytes(text + "\n"));

        void Data(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Line($"data {bytes.Length}");
            script.Write(bytes);
            Line("");
        }
    }

    private static VexaException BadPath(string message) =>
        new(Stage.Request, Party.Caller, "bad-path", message, "Use relative paths like notes/today.md.");
}
