using System.Text;
using System.Text.RegularExpressions;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Judges what an agent sent, before anything of it gets near a workspace. The order matters: first what we can read ourselves, then git's
/// own checks on every object, then ours on the commit and on each file that it changes (the rest of the tree was judged before).
/// </summary>
internal sealed partial class Inspection(Git git, WorkspaceOptions options, TimeProvider time)
{
    private static readonly TimeSpan TimeForDiff = TimeSpan.FromSeconds(10);
    private const long LongestLink = 4096;
    private const long MemoryForDiff = 512L * 1024 * 1024;
    private const int LongestHead = 64 * 1024;

    /// <summary>Reads the bundle's head: the one commit that it brings and the one that it stands on.</summary>
    /// <exception cref="VexaException">Rules <c>bundle-format</c>, <c>bundle-ref</c>, <c>one-commit</c>, <c>bundle-objects</c>.</exception>
    public (string Commit, string Base) ReadHead(Stream spooled)
    {
        var head = ReadBundle(spooled);
        if (head.Refs is not [{ Name: Snapshot.Trunk } tip])
            throw Refused("bundle-ref", $"The bundle must bring exactly one ref, {Snapshot.Trunk}.", $"Make it with: git bundle create - <base>..{Snapshot.Trunk}");
        if (head.Prerequisites is not [var parent] || parent == tip.Commit)
            throw Refused("one-commit", "The bundle must bring exactly one commit, on top of the commit that it names as its base.", "Squash the turn's work into one commit.");
        if (head.Objects > options.MostObjects)
            throw Refused("bundle-objects", $"The bundle has more than {options.MostObjects} objects.", "Commit fewer files in one turn.");

        return (tip.Commit, parent);
    }

    /// <summary>Unpacks the bundle into quarantine and judges the commit in it. Its base must be known to be in the workspace.</summary>
    /// <exception cref="VexaException">Whatever rule it breaks.</exception>
    public async Task<AgentCommit> Judge(GitFolders where, Stream spooled, string commit, string parent, ReceiveRequest request, CancellationToken ct)
    {
        await Unpack(where, spooled, parent, ct);
        var changes = await ReadChanges(where, commit, parent, ct);
        JudgePaths(changes);
        var blobs = changes.Where(c => c.Mode != Change.Gone).ToList();
        var names = NamesOf(changes);
        var answer = await git.Try(new GitCall(where, "cat-file", "--batch-command", "--buffer")
        {
            Input = Questions([commit], blobs, commit, names),
            Memory = options.GitMemory,
            LongestOutput = options.LargestBundle,
        }, ct);
        if (!answer.Ok)
            throw await Fault(where, parent, answer, "the objects cannot be read");

        var reader = new ObjectReader(answer.Output);
        var judged = reader.Contents() is ("commit", var content)
            ? CommitText.Check(commit, parent, content.Span, request, time.GetUtcNow())
            : throw Refused("bundle-refused", "The bundle's ref is not a commit.");
        JudgeBlobs(blobs, reader);
        JudgeNames(names, reader);
        return judged with { Names = names };
    }

    /// <summary>
    /// The same for what a person pushed: any number of commits on top of the trunk's tip. Each file of each commit is judged, because each
    /// can be had again. Who wrote them is the person's own affair, but nobody writes in our name.
    /// </summary>
    /// <param name="known">Commits that the workspace has.</param>
    /// <exception cref="VexaException">Whatever rule it breaks.</exception>
    public async Task JudgePush(GitFolders where, Stream pack, string from, string to, IReadOnlyList<string> known, CancellationToken ct)
    {
        // A pack without objects is what git sends where the workspace has them all already.
        if (Bundle.CountObjects(pack) is > 0 and var count)
        {
            if (count > options.MostObjects)
                throw Refused("bundle-objects", $"The push has more than {options.MostObjects} objects.", "Push fewer commits at once, and keep generated files out of the workspace.");
            await Unpack(where, pack, from, ct);
        }

        // git would look behind a tag; the trunk is a commit.
        var type = await git.Try(new GitCall(where, "cat-file", "-t", to), ct);
        if (!type.Ok || !type.Output.Span.SequenceEqual("commit\n"u8))
            throw Refused("push-ref", "What was pushed is not a commit.", "Push the commit itself: git push origin main");

        var ancestor = await git.Try(new GitCall(where, "merge-base", "--is-ancestor", from, to), ct);
        if (!ancestor.Ok)
            throw Refused("not-fast-forward", "What was pushed is not on top of the trunk: the trunk's history is never rewritten.", "Rebase: git pull --rebase && git push");
        if (from != to && await FirstParentBelow(where, from, to, ct) != from)
            throw Refused("trunk-not-first", "A merge that was pushed has your own work first and the trunk second: what agents did meanwhile would leave the trunk's line.", "Put your work on top of the trunk: git pull --rebase && git push");

        var commits = await NewCommits(where, to, known, ct);
        if (commits.Count == 0)
            return;

        await JudgeCommits(where, commits, to, content =>
        {
            if (CommitText.IsOurs(content.Span))
                throw Refused("commit-author", "A commit that was pushed says that Vexa has made it.", "Make the commit in your own name: git config user.email, then git commit --amend --reset-author");
        }, ct);
    }

    /// <summary>Judges each file of each of these commits, also of those that a later one removed.</summary>
    /// <param name="tip">The commit whose names are looked at.</param>
    /// <param name="judge">Refuses a commit for what is written in itself; null where that may be anything.</param>
    /// <exception cref="VexaException">Whatever rule it breaks; <c>too-many-files</c> and <c>commit-too-large</c> hold for all of them together.</exception>
    public async Task JudgeCommits(GitFolders where, IReadOnlyList<string> commits, string tip, Action<ReadOnlyMemory<byte>>? judge, CancellationToken ct)
    {
        var changes = await ReadChanges(where, commits, ct);
        JudgePaths(changes);
        var blobs = changes.Where(c => c.Mode != Change.Gone).DistinctBy(c => (c.Path, c.Mode, c.Blob)).ToList();
        // What was there in between only, and is there no more, nobody gets from a clone.
        var names = NamesOf(changes);
        IReadOnlyList<string> read = judge is null ? [] : commits;
        var answer = await git.Try(new GitCall(where, "cat-file", "--batch-command", "--buffer") { Input = Questions(read, blobs, tip, names), Memory = options.GitMemory, LongestOutput = options.LargestBundle }, ct);
        // What is small while it is packed, such as the text of a link, can be anything when it is not.
        if (answer.End == GitEnd.TooMuchOutput || answer.OutOfMemory())
            throw CommitTooLarge();
        if (!answer.Ok)
            throw new GitException("cat-file", answer);

        var reader = new ObjectReader(answer.Output);
        foreach (var _ in read)
            if (reader.Contents() is ("commit", var content))
                judge?.Invoke(content);
        JudgeBlobs(blobs, reader);
        JudgeNames(names, reader);
    }

    private async Task<IReadOnlyList<string>> NewCommits(GitFolders where, string to, IReadOnlyList<string> known, CancellationToken ct)
    {
        var list = string.Concat([$"{to}\n", .. known.Select(commit => $"^{commit}\n")]);
        var output = await git.Run(new GitCall(where, "rev-list", $"--max-count={options.MostCommits + 1}", "--stdin") { Input = new MemoryStream(Encoding.ASCII.GetBytes(list)) }, ct);
        var commits = Encoding.ASCII.GetString(output.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return commits.Length <= options.MostCommits ? commits : throw Refused("too-many-commits", $"The push brings more than {options.MostCommits} commits.", "Push them in parts: git push origin <commit>:main");
    }

    // Where the line of first parents that leads to one commit meets what is behind another.
    private async Task<string?> FirstParentBelow(GitFolders where, string from, string to, CancellationToken ct)
    {
        var output = await git.Run(new GitCall(where, "rev-list", "--first-parent", "--parents", to, $"^{from}"), ct);
        // "<commit> <first parent> <others>", oldest last.
        return Encoding.ASCII.GetString(output.Span).TrimEnd('\n').Split('\n')[^1].Split(' ').ElementAtOrDefault(1);
    }

    private async Task<IReadOnlyList<Change>> ReadChanges(GitFolders where, IReadOnlyList<string> commits, CancellationToken ct)
    {
        var input = new MemoryStream(Encoding.ASCII.GetBytes(string.Concat(commits.Select(commit => commit + "\n"))));
        var answer = await git.Try(new GitCall(where, "diff-tree", "--stdin", "--root", "-m", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-commit-id") { Input = input, Memory = MemoryForDiff, Timeout = TimeForDiff }, ct);
        return AllOf(answer) ?? throw new GitException("diff-tree", answer);
    }

    private static Bundle ReadBundle(Stream spooled)
    {
        try
        {
            return Bundle.Read(spooled);
        }
        catch (InvalidDataException fault)
        {
            throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "bundle-format", $"This is not a git bundle: {fault.Message}.",
                $"Make it with: git bundle create - <base>..{Snapshot.Trunk}", fault);
        }
    }

    // --strict: each object passes fsck, and everything that an object names is there. Modes that git only reads as others (0666, setuid)
    // are a mere remark to it; here they are a fault, for not everybody who reads a tree is git.
    private async Task Unpack(GitFolders where, Stream spooled, string parent, CancellationToken ct)
    {
        var answer = await git.Try(new GitCall(where, "index-pack", "--stdin", "--fix-thin", "--strict=badFilemode=error", $"--max-input-size={options.LargestBundle + LongestHead}")
        {
            Input = spooled,
            Memory = options.GitMemory,
        }, ct);
        if (!answer.Ok)
            throw await Fault(where, parent, answer, FsckFault(answer) is { } fsck ? $"git's own check says {fsck}" : "it is damaged or incomplete");
    }

    private async Task<IReadOnlyList<Change>> ReadChanges(GitFolders where, string commit, string parent, CancellationToken ct)
    {
        var answer = await git.Try(new GitCall(where, "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--end-of-options", parent, commit, "--") { Memory = MemoryForDiff, Timeout = TimeForDiff }, ct);
        return AllOf(answer) ?? throw await Fault(where, parent, answer, "its commit cannot be read");
    }

    // Null where git failed. A few small folders that contain each other can stand for more files than there is memory, or time.
    private IReadOnlyList<Change>? AllOf(GitAnswer answer)
    {
        if (answer.End is GitEnd.TooMuchOutput or GitEnd.TooSlow || answer.OutOfMemory())
            throw TooManyFiles();
        if (!answer.Ok)
            return null;

        var changes = Changes.Parse(answer.Output.Span, options.MostFiles);
        return changes.Count <= options.MostFiles ? changes : throw TooManyFiles();
    }

    private static void JudgePaths(IReadOnlyList<Change> changes)
    {
        foreach (var change in changes.Where(c => c.Mode != Change.Gone))
        {
            if (PathRules.Fault(change.Path) is { } fault)
                throw Refused("bad-path", $"The path {Shown(change.Path)} {fault}.", "Rename the file.");
            if (change.Mode == Change.Submodule)
                throw Refused("submodule", $"{Shown(change.Path)} is a git repository of its own.", "Remove its .git folder to have its files in the workspace.");
            if (change.Mode is not (Change.File or Change.Executable or Change.Link))
                throw Refused("bad-path", $"The path {Shown(change.Path)} is neither a file nor a link.", "Remove it.");
        }
    }

    private NewNames NamesOf(IReadOnlyList<Change> changes) =>
        NewNames.Of(changes.Where(c => c.ModeBefore == Change.Gone).Select(c => c.Path), options.MostFiles) ?? throw TooManyFiles();

    private static void JudgeNames(NewNames names, ObjectReader reader)
    {
        if (names.FindTaken(reader) is { } taken)
            throw Refused("bad-path", $"The path {Shown(taken)} {NewNames.Fault}.", "Rename the file.");
    }

    private static MemoryStream Questions(IReadOnlyList<string> commits, IReadOnlyList<Change> blobs, string tip, NewNames names)
    {
        var questions = new StringBuilder(string.Concat(commits.Select(commit => $"contents {commit}\n")));
        foreach (var blob in blobs)
            questions.Append(blob.Mode == Change.Link ? "contents " : "info ").Append(blob.Blob).Append('\n');

        questions.Append(names.Questions(tip));
        return new MemoryStream(Encoding.UTF8.GetBytes(questions.ToString()));
    }

    private void JudgeBlobs(IReadOnlyList<Change> blobs, ObjectReader reader)
    {
        var total = 0L;
        foreach (var change in blobs)
            if (change.Mode == Change.Link)
                JudgeLink(change.Path, reader.Contents()?.Content ?? default);
            else if ((total += JudgeSize(change.Path, reader.Info()?.Size ?? 0)) > options.LargestCommit)
                throw CommitTooLarge();
    }

    private long JudgeSize(string path, long size) => size <= options.LargestFile
        ? size
        : throw Refused("file-too-large", $"{Shown(path)} is larger than {options.LargestFile} bytes.", "Keep large files out of the workspace, for instance by .gitignore.");

    private static void JudgeLink(string path, ReadOnlyMemory<byte> target)
    {
        var fault = target.Length > LongestLink ? "is too long" : PathRules.LinkFault(path, Encoding.UTF8.GetString(target.Span));
        if (fault is not null)
            throw Refused("bad-link", $"The link {Shown(path)} {fault}.", "Links must be relative and stay inside the workspace.");
    }

    private VexaException CommitTooLarge() =>
        Refused("commit-too-large", $"The commit changes more than {options.LargestCommit} bytes of files.", "Keep generated and downloaded files out of the workspace, for instance by .gitignore.");

    private static VexaException TooManyFiles() => Refused("too-many-files", "The commit changes too many files.", "Keep generated files out of the workspace, for instance by .gitignore.");

    // Not everything that fails here is the agent's fault: the cache may have vanished under git, and then its base is missing.
    private async Task<Exception> Fault(GitFolders where, string parent, GitAnswer answer, string why)
    {
        if (Directory.Exists(where.NewObjects))
            await git.Run(new GitCall(where with { NewObjects = null }, "cat-file", "-e", parent), ct: default);

        return Directory.Exists(where.NewObjects) ? Fault(answer, why) : new GitException("in a quarantine that vanished", answer);
    }

    private static VexaException Fault(GitAnswer answer, string why) => answer switch
    {
        _ when answer.DiskFull() => WorkspaceFailures.CacheFull(null),
        { End: GitEnd.TooSlow } => Refused("bundle-too-slow", "It takes too long to check the bundle.", "Commit less in one turn."),
        _ => Refused("bundle-refused", $"The bundle is refused: {why}."),
    };

    // For a message: an agent's path must not be able to play with the reader's terminal.
    private static string Shown(string path)
    {
        var text = string.Concat(path.Take(200).Select(c => char.IsLetterOrDigit(c) || char.IsPunctuation(c) || c is ' ' or '~' or '$' or '+' or '=' ? c : '?'));
        return $"'{text}{(path.Length > 200 ? "..." : "")}'";
    }

    private static VexaException Refused(string rule, string message, string hint = "Let the worker make the commit and the bundle.") =>
        new(Stage.WorkspaceCommit, Party.Agent, rule, message, hint);

    /// <summary>What git's own check found, in its words; null where that is not why it failed.</summary>
    public static string? FsckFault(GitAnswer answer) => FsckRule().Match(answer.Errors) is { Success: true } fsck ? fsck.Groups[1].Value : null;

    [GeneratedRegex("error(?: in (?:tree|commit|blob|tag)|: object) [0-9a-f]{40}: ([a-zA-Z0-9]{3,40}):", RegexOptions.CultureInvariant)]
    private static partial Regex FsckRule();
}
