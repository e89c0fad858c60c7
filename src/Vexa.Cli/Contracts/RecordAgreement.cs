using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vexa.Contracts;

namespace Vexa.Cli.Contracts;

/// <summary>Holds the C# records and the schemas together, field by field, in both directions.</summary>
internal sealed class RecordAgreement
{
    private readonly IReadOnlyDictionary<string, JsonElement> _documents;
    private readonly HashSet<(string, Type)> _compared = [];
    private readonly HashSet<string> _reached = [];
    private readonly List<Finding> _findings = [];

    private RecordAgreement(IReadOnlyDictionary<string, JsonElement> documents) => _documents = documents;

    /// <summary>The records that cross a boundary: those of <see cref="VexaJson"/> that name their contract.</summary>
    public static IReadOnlyList<(Type Type, ContractAttribute Contract)> Roots() =>
        [.. typeof(VexaJson).Assembly.GetTypes().SelectMany(t => t.GetCustomAttributes<ContractAttribute>().Select(c => (t, c)))];

    public static IReadOnlyList<Finding> Check(IReadOnlyList<ContractFolder> contracts)
    {
        var agreement = new RecordAgreement(contracts.ToDictionary(c => c.Name, c => JsonDocument.Parse(c.Schema).RootElement, StringComparer.Ordinal));
        foreach (var (type, contract) in Roots())
            agreement.CompareRoot(type, contract);

        // And back: a shape without a record is one that nobody can read or write.
        foreach (var (name, document) in agreement._documents)
            foreach (var definition in document.GetProperty("$defs").EnumerateObject())
                if (IsObject(definition.Value) && !agreement._reached.Contains($"{name}#{definition.Name}"))
                    agreement.Found(name, $"{definition.Name}: no C# record has this shape");

        return agreement._findings;
    }

    private void CompareRoot(Type type, ContractAttribute contract)
    {
        var shape = contract.Shape ?? type.Name;
        if (!_documents.TryGetValue(contract.Name, out var document) || !document.GetProperty("$defs").TryGetProperty(shape, out var schema))
            Found(contract.Name, $"{shape}: {type.Name} names it, but there is no such shape");
        else
            CompareObject(contract.Name, shape, schema, type);
    }

    private void CompareObject(string contract, string shape, JsonElement schema, Type type)
    {
        _reached.Add($"{contract}#{shape}");
        if (!_compared.Add(($"{contract}#{shape}", type)))
            return;

        if (schema.TryGetProperty("oneOf", out var members))
            CompareUnion(contract, shape, members, type);
        else if (InfoOf(type, contract, shape) is { } info)
            CompareFields(contract, shape, schema, info, tag: null);
    }

    private void CompareUnion(string contract, string shape, JsonElement members, Type type)
    {
        if (InfoOf(type, contract, shape) is not { PolymorphismOptions: { } options })
        {
            Found(contract, $"{shape}: {type.Name} is no union");
            return;
        }

        var derived = options.DerivedTypes.ToDictionary(d => (string)d.TypeDiscriminator!, d => d.DerivedType, StringComparer.Ordinal);
        foreach (var reference in members.EnumerateArray())
        {
            var (memberContract, memberShape, member) = Resolve(contract, reference);
            _reached.Add($"{memberContract}#{memberShape}");
            var tag = member.GetProperty("properties").TryGetProperty(options.TypeDiscriminatorPropertyName, out var constant) ? constant.GetProperty("const").GetString()! : "";
            if (!derived.Remove(tag, out var memberType))
                Found(contract, $"{memberShape}: {type.Name} has no member '{tag}'");
            else if (InfoOf(memberType, contract, memberShape) is { } info)
                CompareFields(memberContract, memberShape, member, info, options.TypeDiscriminatorPropertyName);
        }

        // A union of fewer members than the record has is a part of it: what a worker may write of all events, say.
        if (_documents[contract].GetProperty("$defs").GetProperty(shape).TryGetProperty("x-part", out _))
            return;

        foreach (var tag in derived.Keys)
            Found(contract, $"{shape}: the schema has no member '{tag}', which {type.Name} has");
    }

    private void CompareFields(string contract, string shape, JsonElement schema, JsonTypeInfo info, string? tag)
    {
        if (!schema.TryGetProperty("properties", out var properties))
        {
            Found(contract, $"{shape}: the schema is no object with fields, as {info.Type.Name} is");
            return;
        }

        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(n => n.GetString()!).ToHashSet() : [];
        var fields = info.Properties.Where(p => p.Get is not null || p.Set is not null).ToDictionary(p => p.Name, StringComparer.Ordinal);
        foreach (var property in properties.EnumerateObject().Where(p => p.Name != tag))
        {
            var place = $"{shape}.{property.Name}";
            if (!fields.Remove(property.Name, out var field))
            {
                Found(contract, $"{place}: {info.Type.Name} has no such field");
                continue;
            }

            if (required.Contains(property.Name) != field.IsRequired && !(required.Contains(property.Name) && IsEnvelope(info.Type, property.Name)))
                Found(contract, field.IsRequired ? $"{place}: the record demands it, the schema does not" : $"{place}: the schema demands it, the record does not");
            if (field is { IsRequired: true, IsGetNullable: true })
                Found(contract, $"{place}: the record demands it and yet lets it be null");
            CompareValue(contract, place, property.Value, field.PropertyType);
        }

        foreach (var field in fields.Keys.Where(f => !IsEnvelope(info.Type, f)))
            Found(contract, $"{shape}.{field}: the schema has no such field, {info.Type.Name} has");
    }

    private void CompareValue(string contract, string place, JsonElement schema, Type declared)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        var (owner, shape, value) = Resolve(contract, schema);
        var kind = value.ValueKind == JsonValueKind.True ? "any" : value.TryGetProperty("oneOf", out _) ? "union" : value.TryGetProperty("type", out var t) ? t.GetString()! : "string";
        var good = true;
        if (type == typeof(JsonElement))
            good = kind == "any" || kind == "object";
        else if (type == typeof(bool))
            good = kind == "boolean";
        else if (type == typeof(long))
            good = kind == "integer";
        else if (type == typeof(int))
            good = kind == "integer" && value.TryGetProperty("maximum", out var most) && most.GetDouble() <= int.MaxValue;
        else if (type == typeof(double) || type == typeof(decimal))
            good = kind == "number";
        else if (type == typeof(DateTimeOffset))
            good = kind == "string" && value.TryGetProperty("format", out _);
        else if (type == typeof(string))
            good = kind == "string" && !value.TryGetProperty("enum", out _) && !value.TryGetProperty("format", out _);
        else if (type.IsEnum)
            CompareEnum(contract, place, value, type);
        else if (type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IId<>)))
            good = shape == "Slug";
        else if (type == typeof(Launcher))
            good = shape == nameof(Launcher);
        else if (type.IsGenericType && type.GetGenericArguments() is [_, var mapped])
            CompareMap(contract, place, value, mapped);
        else if (type.IsGenericType)
            CompareList(contract, place, value, type.GetGenericArguments()[0]);
        else if (kind is "object" or "union" && shape.Length > 0)
            CompareObject(owner, shape, value, type);
        else
            good = false;

        if (!good)
            Found(contract, $"{place}: {kind}{(shape.Length == 0 ? "" : $" ({shape})")} in the schema, {type.Name} in the record");
    }

    private void CompareEnum(string contract, string place, JsonElement value, Type type)
    {
        var info = VexaJson.Default.GetTypeInfo(type)!;
        var ours = Enum.GetValues(type).Cast<object>().Select(v => JsonSerializer.SerializeToElement(v, info).GetString()!).Order(StringComparer.Ordinal);
        var theirs = value.TryGetProperty("enum", out var list) ? list.EnumerateArray().Select(v => v.GetString()!) : value.TryGetProperty("const", out var only) ? [only.GetString()!] : [];
        if (!ours.SequenceEqual(theirs.Order(StringComparer.Ordinal)))
            Found(contract, $"{place}: the schema has {string.Join(", ", theirs)}; {type.Name} has {string.Join(", ", ours)}");
    }

    private void CompareMap(string contract, string place, JsonElement value, Type mapped)
    {
        if (value.TryGetProperty("additionalProperties", out var values) && values.ValueKind != JsonValueKind.False)
            CompareValue(contract, $"{place}.*", values, mapped);
        else
            Found(contract, $"{place}: a map in the record, none in the schema");
    }

    private void CompareList(string contract, string place, JsonElement value, Type item)
    {
        if (value.TryGetProperty("items", out var items))
            CompareValue(contract, $"{place}[]", items, item);
        else
            Found(contract, $"{place}: a list in the record, none in the schema");
    }

    private (string Contract, string Shape, JsonElement Schema) Resolve(string contract, JsonElement schema)
    {
        var shape = "";
        while (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference))
        {
            var target = reference.GetString()!;
            if (!target.StartsWith('#'))
                contract = target["urn:vexa:contract:".Length..].Split('#')[0];
            shape = target.Split('/')[^1];
            schema = _documents[contract].GetProperty("$defs").GetProperty(shape);
        }

        return (contract, shape, schema);
    }

    private JsonTypeInfo? InfoOf(Type type, string contract, string shape)
    {
        if (VexaJson.Default.GetTypeInfo(type) is { Kind: JsonTypeInfoKind.Object } info)
            return info;

        Found(contract, $"{shape}: {type.Name} is not told by VexaJson");
        return null;
    }

    private static bool IsEnvelope(Type type, string field) =>
        type.GetProperties().Any(p => p.GetCustomAttribute<EnvelopeAttribute>() is not null && JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name) == field);

    private static bool IsObject(JsonElement schema) => schema.TryGetProperty("oneOf", out _) || schema.TryGetProperty("properties", out _);

    private void Found(string contract, string text) => _findings.Add(new Finding(contract, "record", text));
}
