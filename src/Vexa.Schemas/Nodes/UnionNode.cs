using System.Text;
using System.Text.Json;

namespace Vexa.Schemas;

/// <summary><c>oneOf</c>: shapes that differ in the <c>const</c> of one required property, the tag.</summary>
internal sealed class UnionNode(IReadOnlyList<SchemaNode> branches, bool tolerant) : SchemaNode
{
    private byte[] _tag = [];
    private (byte[] Value, SchemaNode Node)[] _members = [];

    /// <summary>The property that tells the members apart.</summary>
    public string Tag { get; private set; } = "";

    public IReadOnlyList<string> TagValues { get; private set; } = [];

    /// <summary>Called when all references are known.</summary>
    /// <exception cref="InvalidDataException">The members have no tag.</exception>
    public void FindTag(string where)
    {
        var objects = branches.Select(b => b.Resolved as ObjectNode ?? throw new InvalidDataException($"{where}: a member of a oneOf is no object")).ToList();
        var tags = objects[0].Properties.Where(p => p.Required && objects.All(o => ConstOf(o, p.Name) is not null)).Select(p => p.Name).ToList();
        Tag = tags.FirstOrDefault(tag => objects.Select(o => ConstOf(o, tag)).Distinct().Count() == objects.Count)
            ?? throw new InvalidDataException($"{where}: the members of the oneOf have no tag that tells them apart");
        _tag = Encoding.UTF8.GetBytes(Tag);
        _members = [.. objects.Select(o => (Encoding.UTF8.GetBytes(ConstOf(o, Tag)!), (SchemaNode)o))];
        TagValues = [.. objects.Select(o => ConstOf(o, Tag)!)];
    }

    public SchemaNode Member(string tagValue) => branches[TagValues.ToList().IndexOf(tagValue)].Resolved;

    public override bool Check(ref SchemaWalk walk)
    {
        if (walk.Reader.TokenType != JsonTokenType.StartObject)
            return walk.Fail("is not an object");

        // A copy looks ahead; the tag nearly always comes first.
        var ahead = walk;
        while (ahead.Reader.Read() && ahead.Reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!Text.IsSound(ref ahead))
                return walk.FailAt(ahead.FaultAt, ahead.Fault!);

            var isTag = ahead.Reader.ValueTextEquals(_tag);
            ahead.Reader.Read();
            if (isTag)
                return ahead.Reader.TokenType != JsonTokenType.String || Text.IsSound(ref ahead)
                    ? CheckMember(ref walk, ref ahead.Reader)
                    : walk.FailAt(ahead.FaultAt, ahead.Fault!);

            ahead.Reader.Skip();
        }

        return walk.Fail($"lacks '{Tag}'");
    }

    private bool CheckMember(ref SchemaWalk walk, ref Utf8JsonReader tag)
    {
        var outside = walk.Lenient;
        walk.Lenient |= tolerant && walk.Tolerant;
        if (tag.TokenType == JsonTokenType.String)
            foreach (var (value, node) in _members)
                if (tag.ValueTextEquals(value))
                {
                    var good = node.Check(ref walk);
                    walk.Lenient = outside;
                    return good;
                }

        if (!walk.Lenient || tag.TokenType != JsonTokenType.String)
            return walk.FailAt(tag.TokenStartIndex, $"is none of {string.Join(", ", TagValues)}");

        walk.Lenient = outside;
        return AnyNode.Instance.Check(ref walk);
    }

    private static string? ConstOf(ObjectNode node, string name) =>
        node.Properties.FirstOrDefault(p => p is { Required: true } && p.Name == name).Value?.Resolved is EnumNode { Values: [var only] } ? only : null;
}
