using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>
/// <c>proactive-card.v1</c>: what an agent proposes, exactly as it will be applied. The kind says what the payload is. The base type
/// itself stands for a kind that this viewer does not know: it can be shown, and nothing else.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind", IgnoreUnrecognizedTypeDiscriminators = true)]
[JsonDerivedType(typeof(RecordCard), "record")]
[JsonDerivedType(typeof(DraftCard), "draft")]
[JsonDerivedType(typeof(SendCard), "send")]
[JsonDerivedType(typeof(MergeCard), "merge")]
[JsonDerivedType(typeof(GrantCard), "grant")]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
[Contract("proactive-card.v1")]
public record ProactiveCard
{
    public required CardId Id { get; init; }
    /// <summary>The dispatch that proposes it.</summary>
    public required DispatchId Dispatch { get; init; }
    /// <summary>The person who decides.</summary>
    public required SubjectId Subject { get; init; }
    /// <summary>One line, 1 to 200 characters.</summary>
    public required string Title { get; init; }
    /// <summary>Why it is proposed, as Markdown. An agent wrote it: it is shown and never obeyed.</summary>
    public string? BodyMd { get; init; }
    /// <summary>SHA-256 of <c>{kind, payload}</c> (RFC 8785), lower-case hex: what an approval is bound to.</summary>
    public required string Hash { get; init; }
    public required CardStatus Status { get; init; }
    /// <summary>After it nobody can approve the card any more.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
    /// <summary>Absent until a person has decided.</summary>
    public CardDecision? Decision { get; init; }
    /// <summary>The sources that the agent had read, by what the door saw; at most 256.</summary>
    public IReadOnlyList<OriginSource>? Provenance { get; init; }
}

/// <summary>A file to be kept in a workspace.</summary>
public sealed record RecordCard : ProactiveCard
{
    public required FilePayload Payload { get; init; }
}

/// <summary>A tool call that prepares something which a person will finish.</summary>
public sealed record DraftCard : ProactiveCard
{
    public required ToolPayload Payload { get; init; }
}

/// <summary>A tool call whose effect leaves the house.</summary>
public sealed record SendCard : ProactiveCard
{
    public required ToolPayload Payload { get; init; }
}

/// <summary>Work that lies beside a workspace's trunk, to be merged.</summary>
public sealed record MergeCard : ProactiveCard
{
    public required MergePayload Payload { get; init; }
}

/// <summary>A delegation that an agent asks its subject for.</summary>
public sealed record GrantCard : ProactiveCard
{
    public required GrantPayload Payload { get; init; }
}
