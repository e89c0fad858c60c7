using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>A commit that is ready to go into the bucket.</summary>
/// <param name="Ref">The ref that moves to it.</param>
/// <param name="Have">Commits that the bucket has already, so that the bundle needs nothing behind them.</param>
/// <param name="Result">What its sender gets, but for the counts of what it changes.</param>
/// <param name="Counted">What those are counted between; absent where nobody asks for them.</param>
internal sealed record Landing(string Ref, string Commit, IReadOnlyList<string> Have, CommitResult Result, Step? Counted = null);

/// <summary>From one commit to another.</summary>
internal readonly record struct Step(string From, string To);

/// <summary>Either a landing, or the result of one that happened before.</summary>
internal readonly record struct Decision(Landing? Landing, CommitResult? Before)
{
    public static Decision Land(Landing landing) => new(landing, null);

    public static Decision AlreadyDone(CommitResult result) => new(null, result);
}

/// <summary>What a decision stands on.</summary>
/// <param name="At">The newest state, with whatever was decided just before it in the same batch.</param>
/// <param name="Where">Has all objects of that state, and what is to land. What is made goes into the batch's own quarantine.</param>
/// <param name="IsNew">True where the workspace never had the commit that arrived.</param>
internal sealed record Ground(Snapshot At, GitFolders Where, bool IsNew);
