using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Vexa.Schemas;

/// <summary>An object with named properties, closed.</summary>
internal sealed class ObjectNode : SchemaNode
{
    /// <summary>Which were seen is kept in the bits of one number.</summary>
    public const int MostProperties = 64;

    private readonly byte[][] _names;
    private readonly SchemaNode[] _values;
    private readonly ulong _required;
    private readonly bool _tolerant;
    private readonly int _least;
    private readonly int _most;

    public ObjectNode(IReadOnlyList<(string Name, SchemaNode Value, bool Required)> properties, int least, int most, bool tolerant)
    {
        Properties = properties;
        _names = [.. properties.Select(p => Encoding.UTF8.GetBytes(p.Name))];
        _values = [.. properties.Select(p => p.Value)];
        for (var i = 0; i < properties.Count; i++)
            _required |= properties[i].Required ? 1UL << i : 0;

        (_least, _most, _tolerant) = (least, most, tolerant);
    }

    public IReadOnlyList<(string Name, SchemaNode Value, bool Required)> Properties { get; }

    public override bool Check(ref SchemaWalk walk)
    {
        if (walk.Reader.TokenType != JsonTokenType.StartObject)
            return walk.Fail("is not an object");

        var (start, outside) = (walk.Reader.TokenStartIndex, walk.Lenient);
        walk.Lenient |= _tolerant && walk.Tolerant;
        ulong seen = 0;
        var next = 0;
        while (walk.Reader.Read() && walk.Reader.TokenType != JsonTokenType.EndObject)
        {
            if (!Text.IsSound(ref walk))
                return false;

            var i = Find(ref walk.Reader, next);
            if (i < 0 && !walk.Lenient)
                return walk.Fail("is not known here");

            if (i >= 0)
            {
                if ((seen & (1UL << i)) != 0)
                    return walk.Fail("is there twice");

                seen |= 1UL << i;
                next = i + 1;
            }

            walk.Reader.Read();
            if (!(i < 0 ? AnyNode.Instance : _values[i]).Check(ref walk))
                return false;
        }

        walk.Lenient = outside;
        if ((_required & ~seen) is not 0 and var missing)
            return walk.FailAt(start, $"lacks '{Properties[BitOperations.TrailingZeroCount(missing)].Name}'");

        var count = BitOperations.PopCount(seen);
        return (count >= _least && count <= _most) || walk.FailAt(start, _least == _most ? $"has {count} fields, not {_least}" : $"has {count} fields");
    }

    // Whoever writes them writes them in our order: the first try nearly always is the last.
    private int Find(ref Utf8JsonReader reader, int next)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            var at = next + i < _names.Length ? next + i : next + i - _names.Length;
            if (reader.ValueTextEquals(_names[at]))
                return at;
        }

        return -1;
    }
}
