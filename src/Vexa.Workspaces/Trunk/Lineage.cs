using System.Text;

namespace Vexa.Workspaces;

/// <summary>Commits behind the trunk and some proposals, with their parents.</summary>
internal sealed class Lineage
{
    private readonly Dictionary<string, string[]> _parents;
    private readonly string _tip;

    private Lineage(Dictionary<string, string[]> parents, string tip) => (_parents, _tip) = (parents, tip);

    /// <param name="since">Nothing is read that came before this commit, which must be there; absent, all of the history is.</param>
    public static async Task<Lineage> Read(Git git, GitFolders where, Snapshot at, IEnumerable<string> proposals, string? since, CancellationToken ct)
    {
        var starts = string.Concat([at.Tip + "\n", .. proposals.Select(sha => sha + "\n"), since is null ? "" : $"^{since}^@\n"]);
        var output = await git.Run(new GitCall(where, "rev-list", "--parents", "--stdin")
        {
            Input = new MemoryStream(Encoding.ASCII.GetBytes(starts)),
            LongestOutput = long.MaxValue,
        }, ct);
        var parents = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var line in Encoding.ASCII.GetString(output.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (line.Split(' ') is [var commit, .. var its])
                parents[commit] = its;

        return new Lineage(parents, at.Tip);
    }

    public bool Contains(string commit) => _parents.ContainsKey(commit);

    public IReadOnlyList<string> ParentsOf(string commit) => _parents[commit];

    /// <summary>The commit of the trunk's first-parent line that is <paramref name="commit"/> or merged it; null where there is none.</summary>
    public string? LandingOf(string commit)
    {
        // Where it ends, the history does, or what was read of it.
        for (var at = (string?)_tip; at is not null && _parents.TryGetValue(at, out var parents); at = parents.FirstOrDefault())
            if (at == commit || parents.Skip(1).Contains(commit))
                return at;

        return null;
    }
}
