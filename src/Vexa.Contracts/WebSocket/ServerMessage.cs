using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>
/// <c>ws.v1</c>: what the web app is told over its WebSocket. The base type itself stands for a type that this viewer does not know, and is
/// to be ignored.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", IgnoreUnrecognizedTypeDiscriminators = true)]
[JsonDerivedType(typeof(Subscribed), "subscribed")]
[JsonDerivedType(typeof(Unsubscribed), "unsubscribed")]
[JsonDerivedType(typeof(SocketError), "error")]
[JsonDerivedType(typeof(SocketEvent), "event")]
[JsonDerivedType(typeof(Gap), "gap")]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
[Contract("ws.v1")]
public record ServerMessage;

/// <summary>These topics are followed now.</summary>
public sealed record Subscribed(IReadOnlyList<string> Topics) : ServerMessage;

/// <summary>These topics are followed no longer; nothing more comes of them.</summary>
public sealed record Unsubscribed(IReadOnlyList<string> Topics) : ServerMessage;

/// <summary>A message was refused; the socket stays open.</summary>
/// <param name="Code">Stable name of the rule that refused.</param>
/// <param name="Message">For people: what happened, and what would mend it.</param>
public sealed record SocketError(string Code, string Message) : ServerMessage;

/// <summary>Something happened in a topic.</summary>
/// <param name="Id">The cursor: where the event stands in the topic.</param>
/// <param name="Data">
/// A <see cref="UnitEvent"/> for <c>unit:</c>, a <see cref="TranscriptMessage"/> for <c>meeting:</c>, a <see cref="Run"/> for <c>subject:runs</c>.
/// </param>
public sealed record SocketEvent(string Topic, string Id, JsonElement Data) : ServerMessage;

/// <summary>A piece of a topic's history is gone: it was asked for, and it had been trimmed.</summary>
/// <param name="From">The cursor where the client was; absent, from the beginning.</param>
/// <param name="To">The cursor of the last event that is gone; absent, nobody knows.</param>
public sealed record Gap(string Topic, string? From = null, string? To = null) : ServerMessage;
