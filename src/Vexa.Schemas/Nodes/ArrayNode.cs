using System.Text.Json;

namespace Vexa.Schemas;

/// <summary>A list.</summary>
internal sealed class ArrayNode(SchemaNode item, int least, int most, bool unique) : SchemaNode
{
    public SchemaNode Item => item;

    public override bool Check(ref SchemaWalk walk)
    {
        if (walk.Reader.TokenType != JsonTokenType.StartArray)
            return walk.Fail("is not a list");

        var start = walk.Reader.TokenStartIndex;
        var seen = unique ? new HashSet<string>(StringComparer.Ordinal) : null;
        var count = 0;
        while (walk.Reader.Read() && walk.Reader.TokenType != JsonTokenType.EndArray)
        {
            var at = walk.Reader.TokenStartIndex;
            if (++count > most)
                return walk.FailAt(start, $"has more than {most} items");

            if (!item.Check(ref walk))
                return false;

            if (seen is not null && walk.Reader.TokenType == JsonTokenType.String && !seen.Add(walk.Reader.GetString()!))
                return walk.FailAt(at, "is there twice");
        }

        return count >= least || walk.FailAt(start, $"has {count} items, not {least} or more");
    }
}
