namespace Vexa.Schemas;

/// <summary><c>$ref</c>.</summary>
internal sealed class ReferenceNode(string target) : SchemaNode
{
    private SchemaNode? _node;

    /// <summary><c>urn:vexa:contract:unit.v1#/$defs/Turn</c>.</summary>
    public string Target => target;

    /// <summary>What it refers to, which may refer on.</summary>
    public SchemaNode Next => _node!;

    public override SchemaNode Resolved => _node!.Resolved;

    public void Link(SchemaNode node) => _node = node;

    public override bool Check(ref SchemaWalk walk) => _node!.Check(ref walk);
}
