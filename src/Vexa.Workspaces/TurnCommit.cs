using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>What came of a turn's commit, and the turn that it was of.</summary>
public sealed record TurnCommit(TurnId Turn, CommitResult Result);
