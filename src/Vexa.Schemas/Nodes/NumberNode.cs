using System.Globalization;
using System.Text.Json;

namespace Vexa.Schemas;

/// <summary>A number, or with <c>whole</c> an integer.</summary>
internal sealed class NumberNode(bool whole, double least, double most) : SchemaNode
{
    /// <summary>Beyond it a reader that knows doubles only reads another number (RFC 7493 §2.2).</summary>
    public const long LargestInteger = (1L << 53) - 1;

    public bool IsWhole => whole;

    public override bool Check(ref SchemaWalk walk)
    {
        if (walk.Reader.TokenType != JsonTokenType.Number)
            return walk.Fail(whole ? "is not an integer" : "is not a number");

        if (!IsSound(ref walk))
            return false;

        if (whole && !walk.Reader.TryGetInt64(out _))
            return walk.Fail("is not an integer");

        var value = walk.Reader.GetDouble();
        return (value >= least || walk.Fail($"is less than {Name(least)}")) && (value <= most || walk.Fail($"is more than {Name(most)}"));
    }

    /// <summary>An integer that everybody reads alike, or a finite double.</summary>
    public static bool IsSound(ref SchemaWalk walk)
    {
        if (walk.Reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0)
            return (walk.Reader.TryGetInt64(out var integer) && integer is >= -LargestInteger and <= LargestInteger) || walk.Fail("is an integer beyond 2^53");

        return (walk.Reader.TryGetDouble(out var number) && double.IsFinite(number)) || walk.Fail("is a number beyond all doubles");
    }

    private static string Name(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
