using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>How much a step changes, for people to see. Nothing is decided by it.</summary>
internal readonly record struct ChangeCount(int Files, int Insertions, int Deletions)
{
    /// <summary>The result of a commit that changes so much.</summary>
    public CommitResult CountedIn(CommitResult result) => result with { Files = Files, Insertions = Insertions, Deletions = Deletions };
}
