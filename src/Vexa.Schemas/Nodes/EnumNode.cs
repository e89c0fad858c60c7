using System.Text;
using System.Text.Json;

namespace Vexa.Schemas;

/// <summary><c>enum</c> or <c>const</c>: one of some strings.</summary>
internal sealed class EnumNode(IReadOnlyList<string> values) : SchemaNode
{
    private readonly byte[][] _values = [.. values.Select(Encoding.UTF8.GetBytes)];

    public IReadOnlyList<string> Values => values;

    public override bool Check(ref SchemaWalk walk)
    {
        if (walk.Reader.TokenType == JsonTokenType.String && !Text.IsSound(ref walk))
            return false;

        if (walk.Reader.TokenType == JsonTokenType.String)
            foreach (var value in _values)
                if (walk.Reader.ValueTextEquals(value))
                    return true;

        return walk.Fail(values.Count == 1 ? $"is not '{values[0]}'" : $"is none of {string.Join(", ", values)}");
    }
}
