using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vexa.Contracts;

/// <summary>JSON in the one form that everybody can make again (RFC 8785): what a hash is taken of.</summary>
public static class CanonicalJson
{
    /// <exception cref="JsonException">This is no JSON.</exception>
    public static byte[] Of(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        return Of(document.RootElement);
    }

    public static byte[] Of(JsonElement json)
    {
        var text = new StringBuilder();
        Write(text, json);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Write(StringBuilder text, JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                Write(text, '{', '}', json.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal), property =>
                {
                    Write(text, property.Name);
                    text.Append(':');
                    Write(text, property.Value);
                });
                break;
            case JsonValueKind.Array:
                Write(text, '[', ']', json.EnumerateArray(), item => Write(text, item));
                break;
            case JsonValueKind.String:
                Write(text, json.GetString()!);
                break;
            case JsonValueKind.Number:
                text.Append(Number(json.GetDouble()));
                break;
            default:
                text.Append(json.GetRawText());
                break;
        }
    }

    private static void Write<T>(StringBuilder text, char open, char close, IEnumerable<T> items, Action<T> write)
    {
        text.Append(open);
        var isFirst = true;
        foreach (var item in items)
        {
            if (!isFirst)
                text.Append(',');

            isFirst = false;
            write(item);
        }

        text.Append(close);
    }

    private static void Write(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\f' => text.Append("\\f"),
                '\r' => text.Append("\\r"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };

        text.Append('"');
    }

    // As ECMAScript writes a number: the shortest digits that mean it, with an exponent from 1e21 on and below 1e-6.
    private static string Number(double value)
    {
        if (value == 0)
            return "0";

        var parts = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var written = parts[0].Split('.');
        var all = string.Concat(written);
        var digits = all.Trim('0');
        // The place of the point, counted from the first digit.
        var point = written[0].Length + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0) - (all.Length - all.TrimStart('0').Length);
        var sign = value < 0 ? "-" : "";
        if (point is > 21 or < -5)
        {
            var exponent = (point > 0 ? "+" : "") + (point - 1).ToString(CultureInfo.InvariantCulture);
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{exponent}";
        }

        return sign + (point <= 0 ? "0." + new string('0', -point) + digits
            : digits.Length <= point ? digits + new string('0', point - digits.Length)
            : digits[..point] + "." + digits[point..]);
    }
}
