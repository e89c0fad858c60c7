using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vexa.Schemas;

/// <summary>JSON pointers (RFC 6901).</summary>
internal static class Pointer
{
    /// <summary>Characters that a pointer has at most; a longer one ends with the last segment that fits.</summary>
    private const int Longest = 1024;

    // In place of an index: inside of an object.
    private const int Named = -2;

    /// <summary>
    /// The pointer of the value, or of the name, that begins at a byte; of the last one before it where the document breaks off. Only a
    /// faulty document is looked through for it, so that the others cost nothing.
    /// </summary>
    public static string At(ReadOnlySpan<byte> json, long at)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Shape.MaxDepth });
        var path = new Stack<(string? Name, int Index)>();
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                {
                    path.Pop();
                    continue;
                }

                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    path.Pop();
                    path.Push((NameOf(ref reader), Named));
                }
                else if (path.TryPeek(out var above) && above.Index != Named)
                    path.Push((null, path.Pop().Index + 1));

                if (reader.TokenStartIndex >= at)
                    break;

                if (reader.TokenType == JsonTokenType.StartObject)
                    path.Push((null, Named));
                else if (reader.TokenType == JsonTokenType.StartArray)
                    path.Push((null, -1));
            }
        }
        catch (JsonException)
        {
            // As far as it could be read.
        }

        var pointer = new StringBuilder();
        foreach (var (name, index) in path.Reverse().Where(s => s.Name is not null || s.Index >= 0))
        {
            var segment = name ?? index.ToString(CultureInfo.InvariantCulture);
            if (pointer.Length + 1 + segment.Length > Longest)
                break;

            pointer.Append('/').Append(segment);
        }

        return pointer.ToString();
    }

    /// <summary>From the path that the serialiser gives: <c>$.limits.cpu</c>, <c>$[0]['a.b']</c>.</summary>
    public static string Of(string? path)
    {
        var pointer = new StringBuilder();
        var rest = (path ?? "$").AsSpan(1);
        while (!rest.IsEmpty && pointer.Length < Longest)
        {
            var (start, end) = rest.StartsWith("['") ? (2, rest.IndexOf("']")) : rest[0] == '[' ? (1, rest.IndexOf(']')) : (1, rest[1..].IndexOfAny('.', '[') + 1);
            end = end <= 0 ? rest.Length : end;
            pointer.Append('/').Append(Escape(rest[start..end].ToString()));
            rest = rest[Math.Min(rest.Length, end + (rest[0] == '[' ? start : 0))..];
        }

        return pointer.ToString();
    }

    private static string NameOf(ref Utf8JsonReader reader)
    {
        string name;
        try
        {
            name = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            name = "\ufffd";
        }

        return Escape(name);
    }

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
