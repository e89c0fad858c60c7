using System.Text.Json;

namespace Vexa.Schemas;

/// <summary><c>true</c> or <c>false</c>.</summary>
internal sealed class BooleanNode : SchemaNode
{
    public override bool Check(ref SchemaWalk walk) =>
        walk.Reader.TokenType is JsonTokenType.True or JsonTokenType.False || walk.Fail("is neither true nor false");
}
