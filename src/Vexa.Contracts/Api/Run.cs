using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>The durable record of one dispatch: what was asked, by whom, what came of it.</summary>
[Contract("record.v1")]
public sealed record Run
{
    public required DispatchId Id { get; init; }
    public required SessionId Session { get; init; }
    public required SubjectId Subject { get; init; }
    public required Launcher Launcher { get; init; }
    public required RunnerName Runner { get; init; }
    public required IReadOnlyList<WorkspaceAccess> Workspaces { get; init; }
    /// <summary>The tools that were granted.</summary>
    public IReadOnlyList<string> Tools { get; set; } = [];
    /// <summary>Of the image that its container was made from; absent until it runs.</summary>
    public string? ImageDigest { get; init; }
    public required Trigger Trigger { get; init; }
    public required DispatchLimits Limits { get; init; }
    public required RunState State { get; init; }
    /// <summary>The runner's own session that this run continues.</summary>
    public string? Resumes { get; init; }
    /// <summary>Name of the container: <c>vexa-agent-&lt;id&gt;</c>.</summary>
    public required string Container { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>Why the container ended.</summary>
    public StopReason? EndReason { get; init; }
    public int? ExitCode { get; init; }
    public required IReadOnlyList<RunTurn> Turns { get; init; }
    public long InputTokens { get; init; }
    public long OutputTokens { get; init; }
}

[JsonConverter(typeof(RunStateJsonConverter))]
public enum RunState { Starting, Running, Ended }

/// <summary>One prompt of a run and what became of it.</summary>
public sealed record RunTurn
{
    public required TurnId Id { get; init; }
    public required string Prompt { get; init; }
    public required DateTimeOffset AcceptedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    /// <summary>Absent while the turn is open.</summary>
    public bool? Ok { get; init; }
    public string? Reply { get; init; }
    /// <summary>The last error frame, where the turn failed.</summary>
    public string? Error { get; init; }
    public string? Hint { get; init; }
    public IReadOnlyList<CommitResult> Commits { get; set; } = [];
}

/// <summary>A thread of turns, and what the next dispatch of it starts from.</summary>
[Contract("record.v1")]
public sealed record Session
{
    public required SessionId Id { get; init; }
    public required SubjectId Subject { get; init; }
    public required RunnerName Runner { get; init; }
    public required IReadOnlyList<WorkspaceAccess> Workspaces { get; init; }
    /// <summary>The runner's own id of it, once a turn told it.</summary>
    public string? RunnerSession { get; init; }
    public required DispatchId LastRun { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary><c>GET /v1/runs</c>: newest first.</summary>
[Contract("api.v1")]
public sealed record RunList(IReadOnlyList<Run> Runs);

/// <summary>Where a turn that a client named has gone.</summary>
[Contract("record.v1")]
public sealed record TurnOccurrence(DispatchId Dispatch, TurnId Turn);

/// <summary>An API token as it is kept: never the token, only its SHA-256.</summary>
[Contract("record.v1")]
public sealed record ApiToken
{
    public required string Id { get; init; }
    public required SubjectId Subject { get; init; }
    /// <summary>Lower-case hex.</summary>
    public required string Sha256 { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary><c>POST /v1/workspaces</c>.</summary>
/// <param name="Files">Path → text of the first commit.</param>
[Contract("api.v1")]
public sealed record WorkspaceCreate(WorkspaceId Id, IReadOnlyDictionary<string, string>? Files = null);

[Contract("api.v1")]
public sealed record WorkspaceInfo(WorkspaceId Id, string Tip);

/// <param name="Damaged">Those of which nothing more can be told.</param>
[Contract("api.v1")]
public sealed record WorkspaceList(IReadOnlyList<WorkspaceInfo> Workspaces, IReadOnlyList<WorkspaceFault>? Damaged = null);

/// <summary>What failed on one workspace, where others did not.</summary>
/// <param name="Title">What happened.</param>
/// <param name="Hint">The mend.</param>
[Contract("api.v1")]
public sealed record WorkspaceFault(WorkspaceId Workspace, string Rule, string Title, string Hint)
{
    public static WorkspaceFault Of(WorkspaceId workspace, VexaException fault) => new(workspace, fault.Rule, fault.Message, fault.Hint);
}

/// <summary><c>POST /v1/runs/{id}/undo</c>, and the same of one commit: the commits that took the work back, one per workspace.</summary>
/// <param name="Failures">Workspaces where it is not taken back.</param>
[Contract("api.v1")]
public sealed record UndoResult(IReadOnlyList<CommitResult> Commits, IReadOnlyList<WorkspaceFault>? Failures = null);
