using System.Text;
using System.Text.Json;

namespace Vexa.Schemas;

/// <summary>JSON pointers (RFC 6901).</summary>
internal static class Pointer
{
    private const int LongestSegment = 1024;

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

        return string.Concat(path.Reverse().Where(s => s.Name is not null || s.Index >= 0).Select(s => "/" + (s.Name ?? s.Index.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }

    /// <summary>From the path that the serialiser gives: <c>$.limits.cpu</c>, <c>$[0].x</c>.</summary>
    public static string Of(string? path)
    {
        var pointer = new StringBuilder();
        foreach (var part in (path ?? "$").TrimStart('$').Split(['.', '['], StringSplitOptions.RemoveEmptyEntries))
            pointer.Append('/').Append(part.TrimEnd(']').Trim('\''));

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

        return (name.Length <= LongestSegment ? name : name[..LongestSegment] + "...").Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
    }
}
