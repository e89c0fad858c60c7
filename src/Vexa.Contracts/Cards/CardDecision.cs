using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>What a person decided; <see cref="ProactiveCard.Status"/> says which way.</summary>
[Contract("proactive-card.v1")]
public sealed record CardDecision
{
    public required SubjectId By { get; init; }
    public required DateTimeOffset At { get; init; }
    /// <summary>The hash of what the person was shown; the decision is void where it is not the card's.</summary>
    public required string Hash { get; init; }
}

/// <summary>Where a card stands.</summary>
[JsonConverter(typeof(CardStatusJsonConverter))]
public enum CardStatus
{
    /// <summary>Waits for a person.</summary>
    Pending,
    Approved,
    Rejected,
    /// <summary>Nobody decided in time.</summary>
    Expired,
    /// <summary>Approved, and done.</summary>
    Applied,
    /// <summary>Approved, and could not be done.</summary>
    Failed,
}
