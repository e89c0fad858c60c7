using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary><c>unit.v1</c>: what goes in to a running dispatch, by its inbox.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Prompt), "prompt")]
[JsonDerivedType(typeof(Cancel), "cancel")]
[JsonDerivedType(typeof(Decision), "decision")]
[Contract("unit.v1")]
public abstract record UnitMessage
{
    /// <summary>1, 2, 3, ... per inbox; given by the inbox.</summary>
    [Envelope]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Seq { get; init; }
}

public sealed record Prompt(TurnId Turn, string Text, string By) : UnitMessage;

public sealed record Cancel(TurnId Turn) : UnitMessage;

/// <summary>What a person decided on a card.</summary>
public sealed record Decision(CardId Card, bool Approved) : UnitMessage;
