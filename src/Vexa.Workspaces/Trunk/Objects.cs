using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Reads and makes git objects.</summary>
internal sealed class Objects(Git git)
{
    public async Task<string> WriteCommit(GitFolders where, byte[] content, CancellationToken ct)
    {
        var output = await git.Run(new GitCall(where, "hash-object", "-t", "commit", "-w", "--stdin") { Input = new MemoryStream(content) }, ct);
        return Encoding.ASCII.GetString(output.Span).Trim();
    }

    /// <summary>The commit as it is written; null where there is no such commit.</summary>
    public async Task<CommitContent?> ReadCommit(GitFolders where, string commit, CancellationToken ct)
    {
        var questions = new MemoryStream(Encoding.ASCII.GetBytes($"contents {commit}\n"));
        var reader = new ObjectReader(await git.Run(new GitCall(where, "cat-file", "--batch-command", "--buffer") { Input = questions }, ct));
        return reader.Contents() is ("commit", var content) ? CommitContent.Parse(content) : null;
    }

    /// <summary>Merges without a work tree.</summary>
    public async Task<MergeOutcome> Merge(GitFolders where, string ours, string theirs, CancellationToken ct)
    {
        var answer = await git.Try(new GitCall(where, "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs), ct);
        if (answer.End != GitEnd.Exited || answer.ExitCode is not (0 or 1))
            throw new GitException("merge-tree", answer);

        var fields = Encoding.UTF8.GetString(answer.Output.Span).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        return new MergeOutcome(fields[0].Trim(), answer.ExitCode == 0 ? [] : [.. fields.Skip(1).Distinct(StringComparer.Ordinal)], answer.ExitCode == 0);
    }

    /// <summary>Every file of a commit or a tree, by its path.</summary>
    public async Task<Dictionary<string, FileEntry>> ReadFiles(GitFolders where, string tree, CancellationToken ct)
    {
        var output = await git.Run(new GitCall(where, "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", tree) { LongestOutput = long.MaxValue }, ct);
        // "<mode> <type> <object>\t<path>"
        return Encoding.UTF8.GetString(output.Span).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t', 2)).ToDictionary(line => line[1], line => line[0].Split(' ') is [var mode, _, var blob] ? new FileEntry(mode, blob) : default, StringComparer.Ordinal);
    }

    /// <summary>Makes a tree with these files changed, or gone where there is no entry.</summary>
    /// <param name="from">What else is in it; absent, nothing.</param>
    public async Task<string> WriteTree(GitFolders where, string? from, IEnumerable<KeyValuePair<string, FileEntry?>> files, CancellationToken ct)
    {
        var folder = where.NewObjects ?? throw new ArgumentException("Trees are made in a quarantine only.", nameof(where));
        var index = Path.Combine(folder, $"index-{Guid.NewGuid():n}");
        if (from is not null)
            await git.Run(new GitCall(where, "read-tree", from) { Index = index }, ct);

        var lines = string.Concat(files.Select(file => $"{file.Value?.Mode ?? "0"} {file.Value?.Blob ?? new string('0', Sha.Length)}\t{file.Key}\0"));
        await git.Run(new GitCall(where, "update-index", "-z", "--index-info") { Index = index, Input = new MemoryStream(Encoding.UTF8.GetBytes(lines)) }, ct);
        return Encoding.ASCII.GetString((await git.Run(new GitCall(where, "write-tree") { Index = index }, ct)).Span).Trim();
    }

    /// <summary>A commit as the result that people and workers get: what it changes, against its parent.</summary>
    public async Task<CommitResult> Describe(WorkspaceId workspace, GitFolders where, string parent, string commit, CancellationToken ct)
    {
        var changes = await Changes(where, parent, commit, ct);
        return new CommitResult
        {
            Workspace = workspace,
            Sha = commit,
            Parent = parent,
            Files = changes.Files.Count,
            Insertions = changes.Insertions,
            Deletions = changes.Deletions,
        };
    }

    public async Task<Changes> Changes(GitFolders where, string from, string to, CancellationToken ct) => Vexa.Workspaces.Changes.Parse(
        (await git.Run(new GitCall(where, "diff-tree", "-r", "-z", "--raw", "--numstat", "--no-renames", "--end-of-options", from, to, "--"), ct)).Span);
}

/// <param name="Tree">With conflict markers where it is not clean.</param>
internal sealed record MergeOutcome(string Tree, IReadOnlyList<string> Conflicts, bool IsClean)
{
    private const int MostNames = 3;

    /// <summary>One line for people.</summary>
    public string Reason => ReasonOf(Conflicts);

    public static string ReasonOf(IReadOnlyList<string> conflicts)
    {
        var names = string.Join(", ", conflicts.Take(MostNames).Select(path => path.Length > 60 ? "..." + path[^57..] : path));
        return $"Conflicts with the trunk{(names.Length > 0 ? " in " + names : "")}{(conflicts.Count > MostNames ? $" and {conflicts.Count - MostNames} more" : "")}";
    }
}

/// <summary>A commit taken apart.</summary>
internal sealed record CommitContent(string Tree, IReadOnlyList<string> Parents, string Message, ReadOnlyMemory<byte> Whole)
{
    public string Subject => Message.Split('\n', 2)[0];

    public static CommitContent Parse(ReadOnlyMemory<byte> content)
    {
        var text = Encoding.UTF8.GetString(content.Span);
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var headers = text[..end].Split('\n');
        return new CommitContent(
            headers[0]["tree ".Length..],
            [.. headers.Where(h => h.StartsWith("parent ", StringComparison.Ordinal)).Select(h => h["parent ".Length..])],
            text[(end + 2)..],
            content);
    }
}
