using System.Text.Json;

namespace Vexa.Cli.Contracts;

/// <summary>
/// Compares a schema with an earlier one: has it only grown? Grown means that whatever was valid is valid still. Where it cannot tell, as
/// with another pattern, it says that it broke.
/// </summary>
internal sealed class SchemaGrowth
{
    private readonly Func<string, JsonElement> _before;
    private readonly Func<string, JsonElement> _after;
    private readonly HashSet<(string, string, bool)> _compared = [];
    private readonly List<string> _breaks = [];

    // Inside of a shape that viewers read tolerantly.
    private bool _forViewers;

    private SchemaGrowth(Func<string, JsonElement> before, Func<string, JsonElement> after) => (_before, _after) = (before, after);

    /// <summary>What broke, each with its place; empty where the contract has only grown.</summary>
    /// <param name="contract"><c>unit.v1</c>.</param>
    /// <param name="before">Finds a definition by <c>urn:...#/$defs/X</c> as it was.</param>
    /// <param name="after">The same, as it is.</param>
    public static IReadOnlyList<string> Breaks(string contract, JsonElement old, Func<string, JsonElement> before, JsonElement now, Func<string, JsonElement> after)
    {
        var growth = new SchemaGrowth(before, after);
        foreach (var definition in old.GetProperty("$defs").EnumerateObject())
        {
            var where = $"{contract}#/$defs/{definition.Name}";
            if (now.GetProperty("$defs").TryGetProperty(definition.Name, out var successor))
                growth.Compare(contract, definition.Value, contract, successor, where);
            else
                growth.Broke(where, "the shape is gone");
        }

        return growth._breaks;
    }

    private void Compare(string oldContract, JsonElement old, string newContract, JsonElement now, string where)
    {
        if (now.ValueKind == JsonValueKind.True)
            return;
        if (old.ValueKind == JsonValueKind.True)
        {
            Broke(where, "any value was allowed");
            return;
        }

        var (oldRef, newRef) = (Text(old, "$ref"), Text(now, "$ref"));
        if (oldRef is not null || newRef is not null)
        {
            var (oldTarget, newTarget) = (Absolute(oldContract, oldRef), Absolute(newContract, newRef));
            if (oldTarget is not null && newTarget is not null && !_compared.Add((oldTarget, newTarget, _forViewers)))
                return;

            Compare(ContractOf(oldTarget) ?? oldContract, oldTarget is null ? old : _before(oldTarget), ContractOf(newTarget) ?? newContract, newTarget is null ? now : _after(newTarget), where);
            return;
        }

        var outside = _forViewers;
        _forViewers |= Text(old, "x-reader") is not null;
        if (_forViewers && !outside && Text(now, "x-reader") is null)
            Broke(where, "viewers were told to pass over what they do not know");

        CompareShapes(oldContract, old, newContract, now, where);
        _forViewers = outside;
    }

    private void CompareShapes(string oldContract, JsonElement old, string newContract, JsonElement now, string where)
    {
        if (old.TryGetProperty("oneOf", out _) || now.TryGetProperty("oneOf", out _))
            CompareUnions(oldContract, old, newContract, now, where);
        else if (Values(old) is { } values)
            CompareValues(values, now, where);
        else if (Values(now) is not null)
            Broke(where, "it was not limited to some values");
        else
            CompareTyped(oldContract, old, newContract, now, where);
    }

    private void CompareUnions(string oldContract, JsonElement old, string newContract, JsonElement now, string where)
    {
        if (!old.TryGetProperty("oneOf", out var oldMembers) || !now.TryGetProperty("oneOf", out var newMembers))
        {
            Broke(where, "a union is one no more, or came to be one");
            return;
        }

        foreach (var member in oldMembers.EnumerateArray())
        {
            // A member is known by the name of its definition.
            var name = Text(member, "$ref")!.Split('/')[^1];
            var successor = newMembers.EnumerateArray().FirstOrDefault(m => Text(m, "$ref")?.Split('/')[^1] == name);
            if (successor.ValueKind == JsonValueKind.Undefined)
                Broke(where, $"the member {name} is gone");
            else
                Compare(oldContract, member, newContract, successor, $"{where}/{name}");
        }
    }

    private void CompareValues(IReadOnlyList<string> values, JsonElement now, string where)
    {
        if (Values(now) is not { } left)
        {
            if (Text(now, "type") != "string" || Text(now, "pattern") is not null || Text(now, "format") is not null || Number(now, "minLength") is > 0 || Number(now, "maxLength") is not null)
                Broke(where, "its values are told in another way");
            return;
        }

        foreach (var gone in values.Except(left))
            Broke(where, $"the value '{gone}' is gone");
        foreach (var added in left.Except(values).Where(_ => _forViewers))
            Broke(where, $"the value '{added}' is new, and viewers cannot pass over it");
    }

    private void CompareTyped(string oldContract, JsonElement old, string newContract, JsonElement now, string where)
    {
        var (oldType, newType) = (Text(old, "type"), Text(now, "type"));
        if (oldType != newType && (oldType, newType) is not ("integer", "number"))
        {
            Broke(where, $"it was {oldType} and is {newType}");
            return;
        }

        foreach (var least in (string[])["minimum", "minLength", "minItems", "minProperties"])
            if (Number(now, least) is { } bound && !(Number(old, least) >= bound) && !(bound == 0 && least != "minimum"))
                Broke(where, $"{least} is {bound}");
        foreach (var most in (string[])["maximum", "maxLength", "maxItems", "maxProperties"])
            if (Number(now, most) is { } bound && !(Number(old, most) <= bound))
                Broke(where, $"{most} is {bound}");
        foreach (var form in (string[])["pattern", "format"])
            if (Text(now, form) is { } words && words != Text(old, form))
                Broke(where, $"{form} is {words}");
        if (now.TryGetProperty("uniqueItems", out var unique) && unique.GetBoolean() && !(old.TryGetProperty("uniqueItems", out var before) && before.GetBoolean()))
            Broke(where, "the items have to differ");

        CompareProperties(oldContract, old, newContract, now, where);
        foreach (var part in (string[])["items", "propertyNames", "additionalProperties"])
            if (now.TryGetProperty(part, out var limit) && limit.ValueKind is not (JsonValueKind.False or JsonValueKind.True))
                Compare(oldContract, old.TryGetProperty(part, out var was) ? was : JsonTrue, newContract, limit, $"{where}/{part}");
    }

    private void CompareProperties(string oldContract, JsonElement old, string newContract, JsonElement now, string where)
    {
        if (old.TryGetProperty("properties", out var was) != now.TryGetProperty("properties", out var has))
        {
            Broke(where, "a map and an object with fields are not the same");
            return;
        }

        if (was.ValueKind == JsonValueKind.Undefined)
            return;

        foreach (var property in was.EnumerateObject())
            if (has.TryGetProperty(property.Name, out var successor))
                Compare(oldContract, property.Value, newContract, successor, $"{where}/{property.Name}");
            else
                Broke($"{where}/{property.Name}", "the field is gone");
        foreach (var demanded in Names(now).Except(Names(old)))
            Broke($"{where}/{demanded}", "the field is required now");
    }

    private static readonly JsonElement JsonTrue = JsonDocument.Parse("true").RootElement;

    private void Broke(string where, string what) => _breaks.Add($"{where}: {what}");

    private static IReadOnlyList<string>? Values(JsonElement schema) =>
        schema.TryGetProperty("const", out var only) ? [only.GetString()!]
        : schema.TryGetProperty("enum", out var some) ? [.. some.EnumerateArray().Select(v => v.GetString()!)]
        : null;

    private static IEnumerable<string> Names(JsonElement schema) =>
        schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(n => n.GetString()!) : [];

    private static string? Text(JsonElement schema, string name) => schema.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static double? Number(JsonElement schema, string name) => schema.TryGetProperty(name, out var value) ? value.GetDouble() : null;

    private static string? Absolute(string contract, string? reference) =>
        reference is null ? null : reference.StartsWith('#') ? $"urn:vexa:contract:{contract}{reference}" : reference;

    private static string? ContractOf(string? reference) => reference?["urn:vexa:contract:".Length..].Split('#')[0];
}
