using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>The two objects of the bucket that are not sealed, because they are what unseals the rest.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PassphraseSalt))]
[JsonSerializable(typeof(RecordsKey))]
internal sealed partial class SealingJson : JsonSerializerContext
{
    /// <exception cref="VexaException"><c>object-damaged</c>.</exception>
    public static T Read<T>(string key, ReadOnlyMemory<byte> content, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(content.Span, type) ?? throw SealingFailures.Damaged(key, "it holds nothing");
        }
        catch (JsonException)
        {
            throw SealingFailures.Damaged(key, "it is not such a document");
        }
    }
}

/// <summary>The object <c>keys/records</c>: what seals everything outside the workspaces' bundles, wrapped.</summary>
internal sealed record RecordsKey(int Version, string WrappedKey);
