namespace Vexa.Contracts;

/// <summary>
/// Who pushed to a workspace. It is there before the trunk moves: where it is and the trunk never had the commit, the push was sound and did
/// not come through.
/// </summary>
[Contract("record.v1")]
public sealed record Push
{
    public required WorkspaceId Workspace { get; init; }
    public required SubjectId Subject { get; init; }
    /// <summary>The trunk before it.</summary>
    public required string From { get; init; }
    /// <summary>The trunk after it.</summary>
    public required string To { get; init; }
    public required DateTimeOffset At { get; init; }
}
