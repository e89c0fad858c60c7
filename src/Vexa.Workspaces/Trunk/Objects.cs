using System.Globalization;
using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Reads and makes git objects.</summary>
internal sealed class Objects(Git git, WorkspaceOptions options)
{
    private static readonly TimeSpan TimeForFiles = TimeSpan.FromSeconds(5);

    /// <summary>Makes a commit of ours.</summary>
    public static string WriteCommit(GitFolders where, byte[] content) =>
        LooseObject.WriteCommit(where.NewObjects ?? throw new ArgumentException("Commits are made in a quarantine only.", nameof(where)), content);

    /// <summary>Those of the objects that are there.</summary>
    public async Task<HashSet<string>> FindKnown(GitFolders where, IReadOnlyList<string> shas, CancellationToken ct)
    {
        var questions = new MemoryStream(Encoding.ASCII.GetBytes(string.Concat(shas.Select(sha => $"info {sha}\n"))));
        var reader = new ObjectReader(await git.Run(new GitCall(where, "cat-file", "--batch-command", "--buffer") { Input = questions }, ct));
        return [.. shas.Where(_ => reader.Info() is not null)];
    }

    /// <summary>The commit as it is written; null where there is no such commit.</summary>
    public async Task<CommitContent?> ReadCommit(GitFolders where, string commit, CancellationToken ct)
    {
        var questions = new MemoryStream(Encoding.ASCII.GetBytes($"contents {commit}\n"));
        var reader = new ObjectReader(await git.Run(new GitCall(where, "cat-file", "--batch-command", "--buffer") { Input = questions }, ct));
        return reader.Contents() is ("commit", var content) ? CommitContent.Parse(content) : null;
    }

    /// <summary>A new name that is another one's too in a tree; null where there is none.</summary>
    public async Task<string?> FindTaken(GitFolders where, string tree, NewNames names, CancellationToken ct)
    {
        if (names.Questions(tree) is not { Length: > 0 } questions)
            return null;

        var call = new GitCall(where, "cat-file", "--batch-command", "--buffer") { Input = new MemoryStream(Encoding.UTF8.GetBytes(questions)), LongestOutput = options.LargestBundle };
        return names.FindTaken(new ObjectReader(await git.Run(call, ct)));
    }

    /// <summary>Merges without a work tree. What is too much for that is no fault: it is not merged.</summary>
    public async Task<MergeOutcome> Merge(GitFolders where, string ours, string theirs, CancellationToken ct)
    {
        var answer = await git.Try(new GitCall(where, "merge-tree", "--write-tree", "-z", ours, theirs) { Timeout = options.MergeTimeout, Memory = options.GitMemory }, ct);
        return answer switch
        {
            { End: GitEnd.TooSlow } => MergeOutcome.GivenUp("It takes too long to be merged with the trunk"),
            { End: GitEnd.TooMuchOutput } => MergeOutcome.GivenUp("Conflicts with the trunk in too many files to be named"),
            { ExitCode: 0 or 1 } => MergeOutcome.Parse(answer.Output.Span, answer.Ok),
            _ when answer.OutOfMemory() => MergeOutcome.GivenUp("It takes too much memory to be merged with the trunk"),
            _ => throw new GitException("merge-tree", answer),
        };
    }

    /// <summary>The newest commit that both stand on.</summary>
    public async Task<string> MergeBase(GitFolders where, string one, string other, CancellationToken ct) =>
        Encoding.ASCII.GetString((await git.Run(new GitCall(where, "merge-base", one, other), ct)).Span).Trim();

    /// <summary>What the objects hold, in this order; null where all of it is more than <paramref name="most"/> bytes.</summary>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>?> ReadBlobs(GitFolders where, IReadOnlyList<string> blobs, long most, CancellationToken ct)
    {
        var questions = new MemoryStream(Encoding.ASCII.GetBytes(string.Concat(blobs.Select(blob => $"contents {blob}\n"))));
        var answer = await git.Try(new GitCall(where, "cat-file", "--batch-command", "--buffer") { Input = questions, LongestOutput = most }, ct);
        if (answer.End == GitEnd.TooMuchOutput)
            return null;
        if (!answer.Ok)
            throw new GitException("cat-file", answer);

        var reader = new ObjectReader(answer.Output);
        return [.. blobs.Select(_ => reader.Contents() is ("blob", var content) ? content : throw new InvalidDataException("A file of a merge is not there."))];
    }

    /// <summary>Makes files, by one process for all of them.</summary>
    public async Task<IReadOnlyList<string>> WriteBlobs(GitFolders where, IReadOnlyList<byte[]> contents, CancellationToken ct)
    {
        var script = new MemoryStream();
        for (var mark = 1; mark <= contents.Count; mark++)
        {
            script.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob\nmark :{mark}\ndata {contents[mark - 1].Length}\n")));
            script.Write(contents[mark - 1]);
            script.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\nget-mark :{mark}\n")));
        }

        script.Position = 0;
        var output = await git.Run(new GitCall(where, "fast-import", "--quiet") { Input = script }, ct);
        return Encoding.ASCII.GetString(output.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
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
    public async Task<CommitResult> Describe(WorkspaceId workspace, GitFolders where, string parent, string commit, CancellationToken ct) =>
        (await Count(where, [new Step(parent, commit)], ct))[0].CountedIn(new CommitResult { Workspace = workspace, Sha = commit, Parent = parent });

    /// <summary>The files that a step changes.</summary>
    public async Task<IReadOnlyList<Change>> ReadChanges(GitFolders where, Step step, CancellationToken ct) =>
        Changes.Parse((await git.Run(new GitCall(where, "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--end-of-options", step.From, step.To, "--") { LongestOutput = long.MaxValue }, ct)).Span);

    /// <summary>
    /// How much each step changes, by one process for all of them. It is only told, so no work is lost for it: where it takes too long to look
    /// into the files, or too much memory, they alone are counted, and where even that is too much, nothing is.
    /// </summary>
    public async Task<IReadOnlyList<ChangeCount>> Count(GitFolders where, IReadOnlyList<Step> steps, CancellationToken ct) =>
        await TryCount(where, steps, "--numstat", options.CountTimeout, ct) ?? await TryCount(where, steps, "--raw", TimeForFiles, ct) ?? new ChangeCount[steps.Count];

    private async Task<IReadOnlyList<ChangeCount>?> TryCount(GitFolders where, IReadOnlyList<Step> steps, string what, TimeSpan timeout, CancellationToken ct)
    {
        // Behind a commit stand the parents that git shall take it to have.
        var lines = new MemoryStream(Encoding.ASCII.GetBytes(string.Concat(steps.Select(step => $"{step.To} {step.From}\n"))));
        var counter = new ChangeCounter();
        var answer = await git.Try(new GitCall(where, "diff-tree", "--stdin", "--always", "-r", "-z", what, "--no-renames") { Input = lines, Output = counter, LongestOutput = long.MaxValue, Timeout = timeout, Memory = options.GitMemory }, ct);
        return answer switch
        {
            { Ok: true } => counter.Counts,
            { End: GitEnd.TooSlow } => null,
            _ when answer.OutOfMemory() => null,
            _ => throw new GitException("diff-tree", answer),
        };
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
