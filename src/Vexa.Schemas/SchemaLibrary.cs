using System.Text.Json;

namespace Vexa.Schemas;

/// <summary>All contracts that know of each other.</summary>
public sealed class SchemaLibrary
{
    private static readonly Lazy<SchemaLibrary> Built = new(LoadEmbedded);

    private readonly Dictionary<string, Shape> _shapes = new(StringComparer.Ordinal);

    private SchemaLibrary()
    {
    }

    /// <summary>The contracts that this build was made with.</summary>
    public static SchemaLibrary Embedded => Built.Value;

    public IEnumerable<Shape> Shapes => _shapes.Values;

    /// <summary>Compiles contracts.</summary>
    /// <param name="documents"><c>unit.v1</c> and its schema document, UTF-8.</param>
    /// <exception cref="InvalidDataException">A schema is not of the dialect, or refers to what is not there; says where.</exception>
    public static SchemaLibrary Load(IEnumerable<(string Contract, ReadOnlyMemory<byte> Document)> documents) => Load(documents, isTrusted: false);

    private static SchemaLibrary Load(IEnumerable<(string Contract, ReadOnlyMemory<byte> Document)> documents, bool isTrusted)
    {
        var library = new SchemaLibrary();
        var references = new List<(ReferenceNode Node, string Where)>();
        var unions = new List<(UnionNode Node, string Where)>();
        foreach (var (contract, bytes) in documents)
        {
            var parser = new SchemaParser(contract, isTrusted);
            foreach (var (name, node) in Parse(parser, contract, bytes))
                library._shapes.Add($"{SchemaParser.UrnPrefix}{contract}#/$defs/{name}", new Shape(contract, name, node));

            references.AddRange(parser.References);
            unions.AddRange(parser.Unions);
        }

        foreach (var (node, where) in references)
            node.Link(library._shapes.TryGetValue(node.Target, out var shape) ? shape.Node : throw new InvalidDataException($"{where}: there is no {node.Target}"));
        foreach (var (node, where) in references)
            RefuseCircle(node, where);
        foreach (var (node, where) in unions)
            node.FindTag(where);

        return library;
    }

    /// <exception cref="ArgumentException">There is no such shape.</exception>
    public Shape Find(string contract, string shape) =>
        _shapes.GetValueOrDefault($"{SchemaParser.UrnPrefix}{contract}#/$defs/{shape}") ?? throw new ArgumentException($"{contract} has no shape {shape}.");

    private static IReadOnlyDictionary<string, SchemaNode> Parse(SchemaParser parser, string contract, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return parser.Parse(document.RootElement);
        }
        catch (Exception bad) when (bad is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{contract}: {bad.Message}", bad);
        }
    }

    // A reference that leads back to itself without anything in between never reads a byte.
    private static void RefuseCircle(ReferenceNode start, string where)
    {
        SchemaNode node = start;
        for (var steps = 0; node is ReferenceNode reference; node = reference.Next)
            if (++steps > 32)
                throw new InvalidDataException($"{where}: the reference leads in a circle");
    }

    private static SchemaLibrary LoadEmbedded()
    {
        var assembly = typeof(SchemaLibrary).Assembly;
        return Load(assembly.GetManifestResourceNames().Select(name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return (name.TrimEnd('/'), (ReadOnlyMemory<byte>)bytes);
        }), isTrusted: true);
    }
}
