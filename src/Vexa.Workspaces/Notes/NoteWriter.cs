using System.Globalization;
using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Puts notes on commits, as git keeps them: a commit on <c>refs/notes/vexa</c> whose tree has a file for each commit that has a note. A
/// commit never gets a second one, and none is ever changed.
/// </summary>
internal sealed class NoteWriter(Git git, TimeProvider time)
{
    public const string Ref = "refs/notes/vexa";

    /// <summary>One commit with all the notes that are missing. What cannot be written is its own fault, and of no other.</summary>
    public async Task<Decision> Decide(Ground ground, Quarantine quarantine, IReadOnlyList<PendingNote> notes, CancellationToken ct)
    {
        var (at, where, _) = ground;
        var workspace = at.Manifest.Workspace;
        var before = at.Manifest.Refs.GetValueOrDefault(Ref);
        var missing = await FindMissing(at, where, before, notes, ct);
        if (missing.Count == 0)
            return Decision.AlreadyDone(new CommitResult { Workspace = workspace, Sha = before ?? at.Tip });

        // In a repository of its own, because fast-import leaves a ref behind, and a cache repository has none.
        var own = where with { Repository = quarantine.NewRepository(), Borrowed = [Path.Combine(at.Repository, "objects"), .. where.Borrowed ?? []] };
        var output = await git.Run(new GitCall(own, "fast-import", "--quiet") { Input = Script(before, missing) }, ct);
        var commit = Encoding.ASCII.GetString(output.Span).Trim();
        return Decision.Land(new Landing(Ref, commit, before is null ? [] : [before], new CommitResult { Workspace = workspace, Sha = commit, Parent = before }));
    }

    private async Task<List<(string Commit, string Text)>> FindMissing(Snapshot at, GitFolders where, string? before, IReadOnlyList<PendingNote> notes, CancellationToken ct)
    {
        var questions = new StringBuilder();
        foreach (var note in notes)
        {
            questions.Append("contents ").Append(note.Commit).Append('\n');
            foreach (var path in before is null ? [] : PathsOf(note.Commit))
                questions.Append("info ").Append(before).Append(':').Append(path).Append('\n');
        }

        var reader = new ObjectReader(await git.Run(new GitCall(where, "cat-file", "--batch-command", "--buffer") { Input = new MemoryStream(Encoding.ASCII.GetBytes(questions.ToString())) }, ct));
        var missing = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var note in notes)
        {
            var found = reader.Contents();
            var answers = before is null ? [] : PathsOf(note.Commit).Select(_ => reader.Info()).ToList();
            if (found is not ("commit", var content))
                note.Fault = Sha.Unknown(at.Manifest.Workspace);
            else if (answers.TrueForAll(answer => answer is null) && !missing.ContainsKey(note.Commit) && note.TryWrite(CommitContent.Parse(content).Tree) is { } text)
                missing[note.Commit] = text;
        }

        return [.. missing.Select(note => (note.Key, note.Value))];
    }

    // git spreads the files over folders, the more there are, the deeper.
    private static string[] PathsOf(string commit) => [commit, $"{commit[..2]}/{commit[2..]}", $"{commit[..2]}/{commit[2..4]}/{commit[4..]}"];

    private MemoryStream Script(string? before, List<(string Commit, string Text)> notes)
    {
        var script = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"commit {Ref}\nmark :1\ncommitter {CommitText.Committer} {time.GetUtcNow().ToUnixTimeSeconds()} +0000\n");
        const string Message = "Receipts\n";
        script.Append(CultureInfo.InvariantCulture, $"data {Message.Length}\n{Message}\n");
        if (before is not null)
            script.Append("from ").Append(before).Append('\n');

        foreach (var (commit, text) in notes)
            script.Append(CultureInfo.InvariantCulture, $"N inline {commit}\ndata {Encoding.UTF8.GetByteCount(text)}\n{text}\n");

        return new MemoryStream(Encoding.UTF8.GetBytes(script.Append("get-mark :1\n").ToString()));
    }
}

/// <summary>A note that waits to be written, perhaps with others.</summary>
/// <param name="write">Writes it, from the commit's tree.</param>
internal sealed class PendingNote(string commit, Func<string, string> write)
{
    public string Commit => commit;

    /// <summary>Why this one alone was not written.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Null where that fails.</summary>
    public string? TryWrite(string tree)
    {
        try
        {
            return write(tree);
        }
        catch (Exception fault)
        {
            Fault = fault;
            return null;
        }
    }
}
