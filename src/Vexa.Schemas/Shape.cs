using System.Text.Json;
using System.Text.Unicode;

namespace Vexa.Schemas;

/// <summary>One shape of a contract, ready to check documents. For any number of threads at once.</summary>
public sealed class Shape
{
    /// <summary>Levels of nesting that a document may have.</summary>
    public const int MaxDepth = 64;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = MaxDepth };

    internal Shape(string contract, string name, SchemaNode node) => (Contract, ShortName, Node) = (contract, name, node);

    public string Contract { get; }

    public string ShortName { get; }

    /// <summary><c>unit.v1 Dispatch</c>.</summary>
    public string Name => $"{Contract} {ShortName}";

    internal SchemaNode Node { get; }

    /// <summary>Looks at a document in one pass, without building it up. Time and memory are bounded by its length.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="tolerant">As a viewer reads it; see <c>x-reader</c>.</param>
    /// <returns>The first fault; null where there is none.</returns>
    public SchemaFault? Check(ReadOnlySpan<byte> json, bool tolerant = false)
    {
        if (!Utf8.IsValid(json))
            return new SchemaFault("", "is not UTF-8");

        var walk = new SchemaWalk(new Utf8JsonReader(json, Strict), tolerant);
        try
        {
            walk.Reader.Read();
            if (!Node.Check(ref walk))
                return new SchemaFault(Pointer.At(json, walk.FaultAt), walk.Fault!);

            // One document, and nothing behind it.
            walk.Reader.Read();
            return null;
        }
        catch (JsonException syntax)
        {
            var cause = syntax.Message.Contains("depth", StringComparison.OrdinalIgnoreCase) ? $"is nested deeper than {MaxDepth} levels" : "is not JSON from here on";
            return new SchemaFault(Pointer.At(json, long.MaxValue), cause);
        }
    }
}
