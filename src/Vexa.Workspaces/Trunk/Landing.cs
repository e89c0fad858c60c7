using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>A commit that is ready to go into the bucket.</summary>
/// <param name="Where">Holds its objects.</param>
/// <param name="Ref">The ref that moves to it.</param>
/// <param name="Have">Commits that the bucket has already, so that the bundle needs nothing behind them.</param>
internal sealed record Landing(GitFolders Where, string Ref, string Commit, IReadOnlyList<string> Have, CommitResult Result);

/// <summary>Either a landing, or the result of one that happened before.</summary>
internal readonly record struct Decision(Landing? Landing, CommitResult? Before)
{
    public static Decision Land(Landing landing) => new(landing, null);

    public static Decision AlreadyDone(CommitResult result) => new(null, result);
}
