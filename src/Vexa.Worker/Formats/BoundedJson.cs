using System.Buffers;
using System.Text.Json;

namespace Vexa.Worker.Formats;

/// <summary>
/// Copies JSON that a model wrote into JSON that fits a frame: strings, size and depth bounded, no duplicate properties (our own
/// readers refuse them), every string harmless.
/// </summary>
internal static class BoundedJson
{
    public const int MaxBytes = 64 * 1024;
    private const int MaxString = 8 * 1024;
    private const int MaxDepth = 24;
    private const int MaxName = 256;

    public static JsonElement Of(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            Write(writer, value, 0);
        using var copy = JsonDocument.Parse(buffer.WrittenMemory);
        return copy.RootElement.Clone();
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, int depth)
    {
        // Once the budget is gone, what is open is closed, and every further value is a short mark or left out.
        var full = writer.BytesCommitted + writer.BytesPending > MaxBytes;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object or JsonValueKind.Array when full || depth == MaxDepth:
                writer.WriteStringValue("[cut]");
                break;
            case JsonValueKind.Object:
                WriteObject(writer, value, depth);
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    if (writer.BytesCommitted + writer.BytesPending > MaxBytes)
                        break;
                    Write(writer, item, depth + 1);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(SafeText.Shorten(SafeText.Of(value)!, full ? 16 : MaxString));
                break;
            case JsonValueKind.Number when value.GetRawText().Length > 64:
                writer.WriteStringValue("[cut]");
                break;
            case JsonValueKind.Number when !IsReadAlike(value):
                writer.WriteStringValue(value.GetRawText());
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    // A 64-bit id is no number to a reader that knows doubles only, and no frame may hold one (RFC 7493): its digits stay, as text.
    private static bool IsReadAlike(JsonElement number) => number.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0
        ? number.TryGetInt64(out var integer) && integer is > -(1L << 53) and < 1L << 53
        : number.TryGetDouble(out var fraction) && double.IsFinite(fraction);

    private static void WriteObject(Utf8JsonWriter writer, JsonElement value, int depth)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        writer.WriteStartObject();
        foreach (var property in value.EnumerateObject())
        {
            if (writer.BytesCommitted + writer.BytesPending > MaxBytes)
                break;
            var name = NameOf(property);
            if (!seen.Add(name))
                continue;
            writer.WritePropertyName(name);
            Write(writer, property.Value, depth + 1);
        }

        writer.WriteEndObject();
    }

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return SafeText.Of(property.Name, MaxName);
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }
}
