using System.Text;
using System.Text.RegularExpressions;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Judges a bundle that a workspace shall be made of: its whole history, by the rules that hold for a push. Who made its commits it does not
/// ask, for an export of another workspace has commits in our name; what vouches for those is their receipt.
/// </summary>
internal sealed partial class ImportInspection(Inspection inspection, Git git, WorkspaceOptions options)
{
    private const string Branches = "refs/heads/";
    private const int MostNamed = 100;
    private const int AtOnce = 256;

    // All of them stand in the manifest, which each commit writes anew.
    private const int MostRefs = 2000;

    // A whole history is more than a turn; most of it is address space, and no memory.
    private const int TimesMemory = 4;

    /// <summary>Unpacks the bundle into a repository of its own, and judges all that comes into the workspace.</summary>
    /// <param name="repository">Empty, and nobody else's.</param>
    /// <exception cref="VexaException">Whatever rule it breaks.</exception>
    public async Task<Imported> Judge(string repository, Stream spooled, CancellationToken ct)
    {
        var head = ReadHead(spooled);
        var refs = Choose(head.Refs);
        var where = new GitFolders(repository);
        await Unpack(where, spooled, ct);
        await RequireCommits(where, refs, ct);
        var commits = await List(where, refs.Values, ct);
        foreach (var some in commits.Chunk(AtOnce))
            await JudgeSome(where, some, refs[Snapshot.Trunk], ct);

        var trunk = await List(where, [refs[Snapshot.Trunk]], ct);
        return new Imported(refs, trunk.Count, [.. head.Refs.Select(r => r.Name).Where(name => !refs.ContainsKey(name) && name != "HEAD" && !IsTrunk(name, head.Refs)).Take(MostNamed).Select(Shown)]);
    }

    private Bundle ReadHead(Stream spooled)
    {
        try
        {
            var head = Bundle.ReadForeign(spooled);
            if (head.Prerequisites.Count > 0)
                throw Refused("bundle-incomplete", "The bundle needs commits that it does not have.", "Make it of the whole history: git bundle create FILE main");
            return head.Objects <= options.MostImportedObjects ? head : throw Refused("bundle-objects", $"The bundle has more than {options.MostImportedObjects} objects.", "Import a part of its history, or of its files.");
        }
        catch (InvalidDataException fault)
        {
            throw Refused("bundle-format", $"This is not a git bundle: {fault.Message}.", "Make it with: git bundle create FILE main", fault);
        }
    }

    // The trunk, and what a workspace has beside it; a branch of another name is the trunk where there is only one.
    private static Dictionary<string, string> Choose(IReadOnlyList<BundleRef> refs)
    {
        var trunk = Trunk(refs) ?? throw Refused("bundle-ref", refs.Count == 0 ? "The bundle has no branch." : "The bundle has several branches, and none of them is main.", "Make it of one branch: git bundle create FILE BRANCH");
        var chosen = new Dictionary<string, string>(StringComparer.Ordinal) { [Snapshot.Trunk] = trunk.Commit };
        foreach (var it in refs.Where(r => r.Name == NoteWriter.Ref || ProposalName().IsMatch(r.Name)))
            chosen[it.Name] = it.Commit;

        return chosen.Count <= MostRefs ? chosen : throw Refused("bundle-ref", $"The bundle has more than {MostRefs} proposals.", "Make it of the trunk alone, or of some of them: git bundle create FILE main");
    }

    private async Task RequireCommits(GitFolders where, Dictionary<string, string> refs, CancellationToken ct)
    {
        var questions = new MemoryStream(Encoding.ASCII.GetBytes(string.Concat(refs.Values.Select(commit => $"info {commit}\n"))));
        var reader = new ObjectReader(await git.Run(new GitCall(where, "cat-file", "--batch-command", "--buffer") { Input = questions }, ct));
        foreach (var name in refs.Keys)
            if (reader.Info() is not ("commit", _))
                throw Refused("bundle-ref", $"{Shown(name)} of the bundle is no commit.", "A branch names a commit: make the bundle of a branch.");
    }

    private static BundleRef? Trunk(IReadOnlyList<BundleRef> refs)
    {
        var branches = refs.Where(r => r.Name.StartsWith(Branches, StringComparison.Ordinal)).ToList();
        return branches.Find(r => r.Name == Snapshot.Trunk) ?? (branches.Count == 1 ? branches[0] : branches.Count == 0 ? refs.FirstOrDefault(r => r.Name == "HEAD") : null);
    }

    private static bool IsTrunk(string name, IReadOnlyList<BundleRef> refs) => Trunk(refs)?.Name == name;

    private async Task Unpack(GitFolders where, Stream spooled, CancellationToken ct)
    {
        var answer = await git.Try(new GitCall(where, "index-pack", "--stdin", "--strict=badFilemode=error", $"--max-input-size={options.LargestImport}")
        {
            Input = spooled,
            Memory = options.GitMemory * TimesMemory,
            Timeout = options.FetchTimeout,
        }, ct);
        if (answer.Ok)
            return;

        throw answer switch
        {
            _ when answer.DiskFull() => WorkspaceFailures.CacheFull(null),
            { End: GitEnd.TooSlow } => Refused("bundle-too-slow", "It takes too long to check the bundle.", "Import a part of its history."),
            _ when Inspection.FsckFault(answer) is { } fault => Refused("bundle-refused", $"The bundle is refused: git's own check says {fault}.", "Mend its history, for instance with git filter-repo; git fsck --strict shows the objects."),
            _ => Refused("bundle-refused", "The bundle is refused: it is damaged or incomplete.", "Make it anew: git bundle create FILE main; git bundle verify FILE checks it."),
        };
    }

    private async Task<IReadOnlyList<string>> List(GitFolders where, IEnumerable<string> tips, CancellationToken ct)
    {
        var list = string.Concat(tips.Select(commit => commit + "\n"));
        var output = await git.Run(new GitCall(where, "rev-list", $"--max-count={options.MostImportedCommits + 1}", "--stdin") { Input = new MemoryStream(Encoding.ASCII.GetBytes(list)), Timeout = options.FetchTimeout }, ct);
        var commits = Encoding.ASCII.GetString(output.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return commits.Length <= options.MostImportedCommits ? commits : throw Refused("too-many-commits", $"The bundle has more than {options.MostImportedCommits} commits.", "Import a part of its history.");
    }

    // The limits are those of one commit: what is too much of many is looked at by fewer.
    private async Task JudgeSome(GitFolders where, string[] commits, string tip, CancellationToken ct)
    {
        try
        {
            await inspection.JudgeCommits(where, commits, tip, judge: null, ct);
        }
        catch (VexaException tooMuch) when (tooMuch.Rule is "too-many-files" or "commit-too-large" && commits.Length > 1)
        {
            await JudgeSome(where, commits[..(commits.Length / 2)], tip, ct);
            await JudgeSome(where, commits[(commits.Length / 2)..], tip, ct);
        }
    }

    private static string Shown(string name) => string.Concat(name.Take(200).Select(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' or '.' ? c : '?'));

    private static VexaException Refused(string rule, string message, string hint, Exception? cause = null) => new(Stage.WorkspaceCommit, Party.Caller, rule, message, hint, cause);

    [GeneratedRegex(@"^refs/proposals/[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?(\.[1-9][0-9]{0,8})?$", RegexOptions.CultureInvariant)]
    private static partial Regex ProposalName();
}

/// <summary>What comes into the workspace.</summary>
/// <param name="Refs">By their names there.</param>
/// <param name="LeftOut">Refs that a workspace does not have.</param>
/// <param name="Commits">Of the trunk.</param>
internal sealed record Imported(IReadOnlyDictionary<string, string> Refs, int Commits, IReadOnlyList<string> LeftOut);
