namespace Vexa.Workspaces;

/// <summary>What conflicts with what, as a proposal's own commit tells it: so it is known as long as the proposal is.</summary>
/// <param name="Trunk">The trunk's tip, as it was then.</param>
/// <param name="Base">Where trunk and work parted.</param>
/// <param name="Work">The commit that was not merged.</param>
/// <param name="Paths">Files that conflict; the first 100.</param>
public sealed record ConflictFacts(string Trunk, string Base, string Work, IReadOnlyList<string> Paths)
{
    private const int MostPaths = 100;
    private const string TrunkTrailer = "Trunk: ", BaseTrailer = "Base: ", PathTrailer = "Conflict: ";

    /// <summary>As lines of the proposal's message.</summary>
    internal static string Trailers(string trunk, string based, IEnumerable<string> paths) =>
        $"{TrunkTrailer}{trunk}\n{BaseTrailer}{based}\n{string.Concat(paths.Order(StringComparer.Ordinal).Take(MostPaths).Select(path => $"{PathTrailer}{path}\n"))}";

    internal static ConflictFacts? Parse(CommitContent proposal)
    {
        var lines = proposal.Message.Split('\n');
        return Of(TrunkTrailer) is [var trunk, ..] && Of(BaseTrailer) is [var based, ..] && proposal.Parents is [var work] ? new ConflictFacts(trunk, based, work, Of(PathTrailer)) : null;

        List<string> Of(string trailer) => [.. lines.Skip(1).Where(line => line.StartsWith(trailer, StringComparison.Ordinal)).Select(line => line[trailer.Length..])];
    }
}
