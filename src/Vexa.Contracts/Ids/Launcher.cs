using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Who fired a dispatch: <c>user:&lt;id&gt;</c>, <c>schedule:&lt;id&gt;</c> or <c>integration:&lt;id&gt;</c>.</summary>
[JsonConverter(typeof(LauncherJsonConverter))]
public readonly record struct Launcher
{
    private Launcher(string kind, string id) => (Kind, Id) = (kind, id);

    /// <summary><c>user</c>, <c>schedule</c> or <c>integration</c>.</summary>
    public string Kind { get; }

    public string Id { get; }

    public static Launcher User(SubjectId subject) => new("user", subject.Value);

    public static bool TryParse(string? text, out Launcher launcher)
    {
        launcher = default;
        if (text?.Split(':', 2) is not [("user" or "schedule" or "integration") and var kind, var id] || !Slug.IsValid(id))
            return false;

        launcher = new(kind, id);
        return true;
    }

    public override string ToString() => $"{Kind}:{Id}";
}

internal sealed class LauncherJsonConverter : JsonConverter<Launcher>
{
    public override Launcher Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Launcher.TryParse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, out var launcher)
            ? launcher
            : throw new JsonException("not a launcher");

    public override void Write(Utf8JsonWriter writer, Launcher value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
