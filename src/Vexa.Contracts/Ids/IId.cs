using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>An id with the grammar of <see cref="Slug"/>; parsed once at the edge, trusted afterwards.</summary>
/// <typeparam name="TSelf">The id type itself.</typeparam>
public interface IId<TSelf> where TSelf : struct, IId<TSelf>
{
    /// <summary>What the id names, for error messages: <c>workspace id</c>.</summary>
    static abstract string Noun { get; }

    static abstract TSelf FromValid(string text);

    string Value { get; }
}

/// <summary>Parsing for every id type.</summary>
public static class Id
{
    /// <summary>Parses an id. </summary>
    /// <exception cref="VexaException">The text breaks the grammar: rule <c>id-grammar</c>.</exception>
    public static T Parse<T>(string? text) where T : struct, IId<T> =>
        TryParse<T>(text, out var id)
            ? id
            : throw new VexaException(Stage.Request, Party.Caller, "id-grammar",
                $"This is not a {T.Noun}: {Shorten(text)}.",
                $"Use 1 to {Slug.MaxLength} characters of a-z, 0-9 and '-', not starting or ending with '-'.");

    public static bool TryParse<T>([NotNullWhen(true)] string? text, out T id) where T : struct, IId<T>
    {
        var valid = text is not null && Slug.IsValid(text);
        id = valid ? T.FromValid(text!) : default;
        return valid;
    }

    private static string Shorten(string? text) =>
        text is null ? "(none)" : JsonEncodedText.Encode(text.Length <= 60 ? text : text[..60] + "...").ToString() is var safe ? $"'{safe}'" : "";
}

/// <summary>Writes an id as a JSON string, also as a property name, and refuses what breaks the grammar.</summary>
public sealed class IdJsonConverter<T> : JsonConverter<T> where T : struct, IId<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null);

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WritePropertyName(value.Value);

    private static T Parse(string? text) =>
        Id.TryParse<T>(text, out var id) ? id : throw new JsonException($"not a {T.Noun}");
}
