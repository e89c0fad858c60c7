using System.Text.Json;

namespace Vexa.Schemas;

/// <summary><c>true</c>: any value that is sound JSON by RFC 7493.</summary>
internal sealed class AnyNode : SchemaNode
{
    public static AnyNode Instance { get; } = new();

    public override bool Check(ref SchemaWalk walk)
    {
        switch (walk.Reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var names = new NameSet();
                while (Next(ref walk, JsonTokenType.EndObject))
                {
                    if (!names.Add(ref walk))
                        return false;

                    walk.Reader.Read();
                    if (!Check(ref walk))
                        return false;
                }

                return true;
            case JsonTokenType.StartArray:
                while (Next(ref walk, JsonTokenType.EndArray))
                    if (!Check(ref walk))
                        return false;

                return true;
            case JsonTokenType.String:
                return Text.IsSound(ref walk);
            case JsonTokenType.Number:
                return NumberNode.IsSound(ref walk);
            default:
                return true;
        }
    }

    private static bool Next(ref SchemaWalk walk, JsonTokenType end) => walk.Reader.Read() && walk.Reader.TokenType != end;
}
