using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Vexa.Schemas;

/// <summary>
/// Compiles a schema document of the dialect that <c>contracts/README.md</c> describes. What is not of the dialect is an error, so that no
/// word of a schema is without effect.
/// </summary>
/// <param name="isTrusted">The schema was checked when this was built: its patterns need not be tried now.</param>
internal sealed class SchemaParser(string contract, bool isTrusted)
{
    public const string Draft = "https://json-schema.org/draft/2020-12/schema";
    public const string UrnPrefix = "urn:vexa:contract:";

    private static readonly string[] Annotations = ["$comment", "title", "description", "x-reader", "x-part"];

    // A compiled pattern weighs a lot, and a role uses few of them: each is compiled when a text first asks for it.
    private static readonly ConcurrentDictionary<string, Lazy<Regex>> Patterns = new(StringComparer.Ordinal);

    private readonly List<(ReferenceNode Node, string Where)> _references = [];
    private readonly List<(UnionNode Node, string Where)> _unions = [];

    public IReadOnlyList<(ReferenceNode Node, string Where)> References => _references;

    public IReadOnlyList<(UnionNode Node, string Where)> Unions => _unions;

    /// <summary>The shapes of a document, not yet linked.</summary>
    /// <exception cref="InvalidDataException">It is not of the dialect; says where and why.</exception>
    public IReadOnlyDictionary<string, SchemaNode> Parse(JsonElement document)
    {
        Allow(document, contract, "$schema", "$id", "$defs");
        if (Words(document, "$schema") != Draft)
            throw new InvalidDataException($"{contract}: $schema is not {Draft}");
        if (Words(document, "$id") != UrnPrefix + contract)
            throw new InvalidDataException($"{contract}: $id is not {UrnPrefix}{contract}");

        return document.GetProperty("$defs").EnumerateObject().ToDictionary(d => d.Name, d => Parse(d.Value, $"{contract}#/$defs/{d.Name}", isDefinition: true), StringComparer.Ordinal);
    }

    private SchemaNode Parse(JsonElement schema, string where, bool isDefinition = false)
    {
        if (schema.ValueKind == JsonValueKind.True)
            return AnyNode.Instance;
        if (schema.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{where}: a schema is an object or true");

        if (schema.TryGetProperty("x-reader", out var reader) && reader.GetString() != "tolerant")
            throw new InvalidDataException($"{where}: x-reader is tolerant, or is not there");
        if (schema.TryGetProperty("$ref", out _))
            return Reference(schema, where);
        if (schema.TryGetProperty("oneOf", out _))
            return Union(schema, where);
        if (schema.TryGetProperty("enum", out _) || schema.TryGetProperty("const", out _))
            return Enumeration(schema, where);

        return Words(schema, "type") switch
        {
            "object" when schema.TryGetProperty("properties", out _) => isDefinition ? Closed(schema, where) : throw new InvalidDataException($"{where}: an object with properties stands under $defs"),
            "object" => Map(schema, where),
            "array" => List(schema, where),
            "string" => String(schema, where),
            "integer" or "number" => Number(schema, where),
            "boolean" => Boolean(schema, where),
            var other => throw new InvalidDataException($"{where}: no type that is known here: {other}"),
        };
    }

    private ReferenceNode Reference(JsonElement schema, string where)
    {
        Allow(schema, where, "$ref");
        var target = Words(schema, "$ref")!;
        var node = new ReferenceNode(target.StartsWith('#') ? UrnPrefix + contract + target : target);
        _references.Add((node, where));
        return node;
    }

    private UnionNode Union(JsonElement schema, string where)
    {
        Allow(schema, where, "oneOf");
        var branches = schema.GetProperty("oneOf").EnumerateArray().Select((b, i) => Parse(b, $"{where}/oneOf/{i}")).ToList();
        var node = new UnionNode(branches, IsTolerant(schema));
        _unions.Add((node, where));
        return node;
    }

    private static EnumNode Enumeration(JsonElement schema, string where)
    {
        Allow(schema, where, "type", schema.TryGetProperty("const", out _) ? "const" : "enum");
        if (schema.TryGetProperty("type", out var type) && type.GetString() != "string")
            throw new InvalidDataException($"{where}: values are strings");
        if (schema.TryGetProperty("const", out var only))
            return new EnumNode([only.GetString()!]);

        var values = schema.GetProperty("enum").EnumerateArray().Select(v => v.GetString()!).ToList();
        return values.Count > 0 && values.Distinct().Count() == values.Count ? new EnumNode(values) : throw new InvalidDataException($"{where}: an enum names each value once");
    }

    private ObjectNode Closed(JsonElement schema, string where)
    {
        Allow(schema, where, "type", "properties", "required", "additionalProperties", "minProperties", "maxProperties");
        if (!schema.TryGetProperty("additionalProperties", out var rest) || rest.ValueKind != JsonValueKind.False)
            throw new InvalidDataException($"{where}: an object with properties is closed (additionalProperties: false)");

        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(n => n.GetString()!).ToList() : [];
        var properties = schema.GetProperty("properties").EnumerateObject().Select(p => (p.Name, Parse(p.Value, $"{where}/properties/{p.Name}"), required.Contains(p.Name))).ToList();
        if (required.Except(properties.Select(p => p.Name)).FirstOrDefault() is { } unknown)
            throw new InvalidDataException($"{where}: requires '{unknown}', which is no property");
        if (properties.Count > ObjectNode.MostProperties)
            throw new InvalidDataException($"{where}: more than {ObjectNode.MostProperties} properties");

        return new ObjectNode(properties, Count(schema, "minProperties", 0), Count(schema, "maxProperties", int.MaxValue), IsTolerant(schema));
    }

    private MapNode Map(JsonElement schema, string where)
    {
        Allow(schema, where, "type", "additionalProperties", "propertyNames", "minProperties", "maxProperties");
        var value = schema.TryGetProperty("additionalProperties", out var values) ? Parse(values, $"{where}/additionalProperties") : AnyNode.Instance;
        StringNode? name = null;
        if (schema.TryGetProperty("propertyNames", out var names))
            name = String(names, $"{where}/propertyNames") is { IsInstant: false } text ? text : throw new InvalidDataException($"{where}/propertyNames: a name is no time");

        return new MapNode(value, name, Count(schema, "minProperties", 0), Count(schema, "maxProperties", int.MaxValue));
    }

    private ArrayNode List(JsonElement schema, string where)
    {
        Allow(schema, where, "type", "items", "minItems", "maxItems", "uniqueItems");
        if (!schema.TryGetProperty("items", out var items))
            throw new InvalidDataException($"{where}: a list says what it holds (items)");

        var item = Parse(items, $"{where}/items");
        var unique = schema.TryGetProperty("uniqueItems", out var differ) && differ.GetBoolean();
        if (unique && item is not (StringNode or EnumNode or ReferenceNode))
            throw new InvalidDataException($"{where}: only strings are compared (uniqueItems)");

        return new ArrayNode(item, Count(schema, "minItems", 0), Count(schema, "maxItems", int.MaxValue), unique);
    }

    private StringNode String(JsonElement schema, string where)
    {
        Allow(schema, where, "type", "minLength", "maxLength", "pattern", "format");
        var format = Words(schema, "format");
        if (format is not (null or "date-time"))
            throw new InvalidDataException($"{where}: no format that is known here: {format}");

        return new StringNode(Count(schema, "minLength", 0), Count(schema, "maxLength", int.MaxValue), Pattern(schema, where), Words(schema, "title"), format is not null);
    }

    // ECMA-262's $ is the end of the text; .NET's also stands before a last line break. Without backtracking no text takes long.
    private Lazy<Regex>? Pattern(JsonElement schema, string where)
    {
        if (Words(schema, "pattern") is not { } pattern)
            return null;
        if (pattern is not ['^', .., '$'] || HasBareAlternatives(pattern))
            throw new InvalidDataException($"{where}: a pattern is anchored: ^...$");

        var lazy = Patterns.GetOrAdd(pattern, static p => new Lazy<Regex>(() => new Regex($@"\A(?:{p[1..^1]})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)));
        if (isTrusted)
            return lazy;

        try
        {
            _ = lazy.Value;
            return lazy;
        }
        catch (Exception bad) when (bad is ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException($"{where}: {bad.Message}", bad);
        }
    }

    // ^a|b$ is anchored at one end each.
    private static bool HasBareAlternatives(string pattern)
    {
        var (depth, inClass) = (0, false);
        for (var i = 0; i < pattern.Length; i++)
            switch (pattern[i])
            {
                case '\\': i++; break;
                case '[': inClass = true; break;
                case ']': inClass = false; break;
                case '(' when !inClass: depth++; break;
                case ')' when !inClass: depth--; break;
                case '|' when !inClass && depth == 0: return true;
            }

        return false;
    }

    private static NumberNode Number(JsonElement schema, string where)
    {
        Allow(schema, where, "type", "minimum", "maximum");
        return new NumberNode(Words(schema, "type") == "integer",
            schema.TryGetProperty("minimum", out var least) ? least.GetDouble() : double.MinValue,
            schema.TryGetProperty("maximum", out var most) ? most.GetDouble() : double.MaxValue);
    }

    private static BooleanNode Boolean(JsonElement schema, string where)
    {
        Allow(schema, where, "type");
        return new BooleanNode();
    }

    private static void Allow(JsonElement schema, string where, params string[] keywords)
    {
        foreach (var keyword in schema.EnumerateObject())
            if (!keywords.Contains(keyword.Name) && !Annotations.Contains(keyword.Name))
                throw new InvalidDataException($"{where}: '{keyword.Name}' has no place here");
    }

    private static bool IsTolerant(JsonElement schema) => schema.TryGetProperty("x-reader", out _);

    private static int Count(JsonElement schema, string name, int otherwise) => schema.TryGetProperty(name, out var count) ? count.GetInt32() : otherwise;

    private static string? Words(JsonElement schema, string name) => schema.TryGetProperty(name, out var words) ? words.GetString() : null;
}
