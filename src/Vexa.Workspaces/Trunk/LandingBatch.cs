using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Decides about some arrivals, one on top of the other: as if each were published before the next one is looked at. What they are together
/// is one bundle and one move of the manifest.
/// </summary>
internal sealed class LandingBatch
{
    private readonly List<Outcome> _outcomes = [];

    private LandingBatch(Snapshot at, GitFolders where) => (At, Where) = (at, where);

    /// <summary>What it began with.</summary>
    public Snapshot At { get; }

    public GitFolders Where { get; }

    public IReadOnlyList<Outcome> Outcomes => _outcomes;

    public IEnumerable<Landing> Landings => _outcomes.Select(outcome => outcome.Landing).OfType<Landing>();

    /// <summary>All refs afterwards.</summary>
    public IReadOnlyDictionary<string, string> Refs { get; private set; } = new Dictionary<string, string>();

    /// <summary>The refs that move, and where to; the trunk first, where it does.</summary>
    public IReadOnlyList<BundleRef> Moves => [.. Refs.Where(r => At.Manifest.Refs.GetValueOrDefault(r.Key) != r.Value).Select(r => new BundleRef(r.Value, r.Key)).OrderBy(move => move.Name != Snapshot.Trunk)];

    /// <summary>The commits that the bundle brings beside the first one.</summary>
    public IReadOnlyList<string> OtherTips => [.. Moves.Select(move => move.Commit).Distinct().Skip(1)];

    /// <summary>Commits that the bucket has, so that the bundle needs nothing behind them.</summary>
    public IReadOnlyList<string> Have
    {
        get
        {
            var made = Landings.Select(landing => landing.Commit).Concat(_outcomes.Select(outcome => outcome.Arrival.Commit?.Sha)).ToHashSet();
            return [.. Landings.SelectMany(landing => landing.Have).Distinct().Where(commit => !made.Contains(commit))];
        }
    }

    /// <param name="own">What is made goes here.</param>
    public static async Task<LandingBatch> Decide(Snapshot at, IReadOnlyList<Arrival> arrivals, Quarantine own, Objects objects, CancellationToken ct)
    {
        var where = new GitFolders(at.Repository, own.Objects, [.. arrivals.Select(arrival => arrival.Objects)]);
        var known = await FindKnown(at, arrivals, objects, ct);
        var batch = new LandingBatch(at, where);
        var now = at;
        foreach (var arrival in arrivals)
        {
            var outcome = await arrival.Decide(new Ground(now, where, arrival.Commit is null || known.Add(arrival.Commit.Sha)));
            batch._outcomes.Add(outcome);
            if (outcome.Landing is { } landing)
                now = now with { Manifest = now.Manifest with { Refs = new Dictionary<string, string>(now.Manifest.Refs) { [landing.Ref] = landing.Commit } } };
        }

        batch.Refs = now.Manifest.Refs;
        return batch;
    }

    // The repository has what the bucket has: a commit that is not there never landed. The trunk only grows: nothing that stands on its very
    // tip can have landed either.
    private static async Task<HashSet<string>> FindKnown(Snapshot at, IReadOnlyList<Arrival> arrivals, Objects objects, CancellationToken ct)
    {
        List<string> asked = [.. arrivals.Select(arrival => arrival.Commit).OfType<AgentCommit>().Where(commit => commit.Parent != at.Tip).Select(commit => commit.Sha).Distinct()];
        return asked.Count == 0 ? [] : await objects.FindKnown(new GitFolders(at.Repository), asked, ct);
    }
}
