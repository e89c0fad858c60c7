using System.Text.Json.Serialization;

namespace Vexa.Runtime.Docker;

/// <summary>One image of an archive's <c>manifest.json</c>.</summary>
internal sealed record ArchivedImage(
    [property: JsonPropertyName("Config")] string Config,
    [property: JsonPropertyName("RepoTags")] IReadOnlyList<string> RepoTags,
    [property: JsonPropertyName("Layers")] IReadOnlyList<string> Layers);

/// <summary>The config of an image: what it is for, and the hashes of its layers as they are unpacked.</summary>
internal sealed record ArchivedConfig(
    [property: JsonPropertyName("architecture")] string Architecture,
    [property: JsonPropertyName("os")] string Os,
    [property: JsonPropertyName("created")] DateTimeOffset Created,
    [property: JsonPropertyName("config")] ArchivedDefaults Config,
    [property: JsonPropertyName("rootfs")] ArchivedRoot RootFs);

/// <summary>No command, user or environment: those are a dispatch's own.</summary>
internal sealed record ArchivedDefaults([property: JsonPropertyName("Labels")] IReadOnlyDictionary<string, string> Labels);

internal sealed record ArchivedRoot(
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("diff_ids")] IReadOnlyList<string> DiffIds);

[JsonSerializable(typeof(ArchivedImage[]))]
[JsonSerializable(typeof(ArchivedConfig))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
