using System.Text.Json.Serialization;
using Vexa.Docker.Containers;
using Vexa.Docker.Events;
using Vexa.Docker.Images;

namespace Vexa.Docker;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EngineVersion))]
[JsonSerializable(typeof(EngineInfo))]
[JsonSerializable(typeof(EngineError))]
[JsonSerializable(typeof(EngineEvent))]
[JsonSerializable(typeof(ContainerCreate))]
[JsonSerializable(typeof(ContainerCreated))]
[JsonSerializable(typeof(ContainerDetails))]
[JsonSerializable(typeof(ContainerSummary[]))]
[JsonSerializable(typeof(ImageDetails))]
[JsonSerializable(typeof(ImageProgress))]
[JsonSerializable(typeof(Dictionary<string, string[]>))]
internal sealed partial class EngineJson : JsonSerializerContext;

/// <summary>The body of an error.</summary>
internal sealed record EngineError([property: JsonPropertyName("message")] string? Message);
