namespace Vexa.Schemas;

/// <summary>A compiled schema.</summary>
internal abstract class SchemaNode
{
    /// <summary>False where the value is not as it should be; the walk says why and where.</summary>
    public abstract bool Check(ref SchemaWalk walk);

    /// <summary>The node itself, or what it refers to.</summary>
    public virtual SchemaNode Resolved => this;
}
