using System.Text.Json;

namespace Vexa.Schemas;

/// <summary>An object whose names are data.</summary>
internal sealed class MapNode(SchemaNode value, StringNode? name, int least, int most) : SchemaNode
{
    public SchemaNode Value => value;

    public StringNode? Name => name;

    public override bool Check(ref SchemaWalk walk)
    {
        if (walk.Reader.TokenType != JsonTokenType.StartObject)
            return walk.Fail("is not an object");

        var start = walk.Reader.TokenStartIndex;
        var names = new NameSet();
        while (walk.Reader.Read() && walk.Reader.TokenType != JsonTokenType.EndObject)
        {
            if (names.Count == most)
                return walk.FailAt(start, $"has more than {most} entries");
            if (!names.Add(ref walk) || (name is not null && !name.CheckText(ref walk)))
                return false;

            walk.Reader.Read();
            if (!value.Check(ref walk))
                return false;
        }

        return names.Count >= least || walk.FailAt(start, $"has {names.Count} entries, not {least} or more");
    }
}
