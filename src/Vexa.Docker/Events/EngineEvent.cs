using System.Text.Json.Serialization;

namespace Vexa.Docker.Events;

/// <param name="Action"><c>create</c>, <c>start</c>, <c>oom</c>, <c>die</c>, <c>destroy</c>, ...</param>
public sealed record EngineEvent([property: JsonPropertyName("Action")] string? Action, [property: JsonPropertyName("Actor")] EngineActor? Actor);

/// <param name="Id">The whole id of the container.</param>
/// <param name="Attributes">Its labels, and what belongs to the event: <c>exitCode</c>.</param>
public sealed record EngineActor([property: JsonPropertyName("ID")] string Id, IReadOnlyDictionary<string, string>? Attributes);
