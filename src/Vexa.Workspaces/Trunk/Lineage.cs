using System.Text;

namespace Vexa.Workspaces;

/// <summary>All commits behind the trunk and some proposals, with their parents.</summary>
internal sealed class Lineage
{
    private readonly Dictionary<string, string[]> _parents;
    private readonly string _tip;

    private Lineage(Dictionary<string, string[]> parents, string tip) => (_parents, _tip) = (parents, tip);

    public static async Task<Lineage> Read(Git git, GitFolders where, Snapshot at, IEnumerable<string> proposals, CancellationToken ct)
    {
        var starts = string.Concat(proposals.Prepend(at.Tip).Select(sha => sha + "\n"));
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
        for (var at = _tip; ; at = _parents[at][0])
            if (at == commit || _parents[at].Skip(1).Contains(commit))
                return at;
            else if (_parents[at].Length == 0)
                return null;
    }
}
