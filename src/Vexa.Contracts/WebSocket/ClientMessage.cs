using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary><c>ws.v1</c>: what the web app asks over its WebSocket.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "action")]
[JsonDerivedType(typeof(Subscribe), "subscribe")]
[JsonDerivedType(typeof(Unsubscribe), "unsubscribe")]
[Contract("ws.v1")]
public abstract record ClientMessage;

/// <summary>Follow topics, each from a place on.</summary>
/// <param name="Topics">1 to 64, each once.</param>
public sealed record Subscribe(IReadOnlyList<TopicStart> Topics) : ClientMessage;

/// <summary>Follow topics no longer.</summary>
/// <param name="Topics">1 to 64, each once.</param>
public sealed record Unsubscribe(IReadOnlyList<TopicReference> Topics) : ClientMessage;

/// <summary>A topic and where to begin in it.</summary>
/// <param name="Topic"><c>unit:&lt;dispatch&gt;</c>, <c>meeting:&lt;id&gt;</c> or <c>subject:runs</c>.</param>
/// <param name="After">The cursor of the last event that the client has; absent, only what comes from now on.</param>
public sealed record TopicStart(string Topic, string? After = null);

/// <param name="Topic"><c>unit:&lt;dispatch&gt;</c>, <c>meeting:&lt;id&gt;</c> or <c>subject:runs</c>.</param>
public sealed record TopicReference(string Topic);
