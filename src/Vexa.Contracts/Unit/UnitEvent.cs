using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>
/// <c>unit.v1</c>: one frame of a dispatch's output. The base type itself stands for a type that this reader does not know, and
/// is to be ignored.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", IgnoreUnrecognizedTypeDiscriminators = true)]
[JsonDerivedType(typeof(TurnAccepted), "turn-accepted")]
[JsonDerivedType(typeof(Phase), "phase")]
[JsonDerivedType(typeof(MessageDelta), "message-delta")]
[JsonDerivedType(typeof(ToolCall), "tool-call")]
[JsonDerivedType(typeof(ToolResult), "tool-result")]
[JsonDerivedType(typeof(CardFrame), "card")]
[JsonDerivedType(typeof(Commit), "commit")]
[JsonDerivedType(typeof(Proposal), "proposal")]
[JsonDerivedType(typeof(Usage), "usage")]
[JsonDerivedType(typeof(Rejected), "rejected")]
[JsonDerivedType(typeof(Error), "error")]
[JsonDerivedType(typeof(TurnComplete), "turn-complete")]
[JsonDerivedType(typeof(End), "end")]
[Contract("unit.v1")]
[Contract("worker.v1", Shape = "WorkerEvent")]
public record UnitEvent
{
    /// <summary>1, 2, 3, ... per dispatch without a gap; given by the stream, and the cursor that viewers resume from.</summary>
    [Envelope]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Seq { get; init; }

    /// <summary>Stamped at the boundary that received the frame, never by the agent.</summary>
    [Envelope]
    public DispatchId? Dispatch { get; init; }

    /// <summary>Set on every frame but <see cref="End"/>, and <see cref="Usage"/> where no turn was open.</summary>
    [Envelope]
    public TurnId? Turn { get; init; }

    /// <summary>Stamped at the boundary that received the frame.</summary>
    [Envelope]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset At { get; init; }
}

/// <summary>A prompt was accepted; opens the turn. Written by control.</summary>
public sealed record TurnAccepted(string By) : UnitEvent;

/// <summary>What is going on now: <c>agent-starting</c>, <c>agent-running</c>, <c>committing</c>, ...</summary>
public sealed record Phase(string Name) : UnitEvent;

/// <summary>A piece of the answer's text.</summary>
public sealed record MessageDelta(string Text) : UnitEvent;

public sealed record ToolCall(string CallId, string Tool, JsonElement Args) : UnitEvent;

public sealed record ToolResult(string CallId, bool Ok, string Summary) : UnitEvent;

/// <summary>Something waits for a person's decision.</summary>
public sealed record CardFrame(ProactiveCard Card) : UnitEvent;

/// <summary>The turn's work is durable on the trunk. Written by control, after the bucket has it (I7).</summary>
public sealed record Commit(WorkspaceId Workspace, string Sha, int Files, int Insertions, int Deletions, string? Parent = null) : UnitEvent;

/// <summary>The turn's work conflicts with the trunk and is kept beside it. Written by control.</summary>
public sealed record Proposal(WorkspaceId Workspace, string Ref, string Reason) : UnitEvent;

/// <summary>What one model call cost, as counted at the door.</summary>
public sealed record Usage(long InputTokens, long OutputTokens, string Model, decimal? CostUsd = null) : UnitEvent;

/// <summary>Something that the agent asked for was refused.</summary>
public sealed record Rejected(string Rule, string Message, string? WouldAllow = null) : UnitEvent;

public sealed record Error(Stage Stage, Party Party, string Message, string Hint) : UnitEvent
{
    /// <summary>The frame that tells of a failure.</summary>
    public static Error From(VexaException failure) => new(failure.Stage, failure.Party, failure.Message, failure.Hint);
}

/// <summary>The one terminal frame of a turn (I8). <c>Session</c> is what a later dispatch resumes from.</summary>
public sealed record TurnComplete(bool Ok, string? Reply = null, string? Session = null) : UnitEvent;

/// <summary>The one terminal frame of a dispatch. Written by control.</summary>
public sealed record End(StopReason Reason) : UnitEvent;
