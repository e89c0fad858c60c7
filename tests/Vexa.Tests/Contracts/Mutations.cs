using System.Text.Json.Nodes;

namespace Vexa.Tests.Contracts;

/// <summary>Every way to weaken a schema by one word: a required field that is not, a value that is gone, an object that is open.</summary>
internal static class Mutations
{
    public static IEnumerable<(string Name, Action<JsonNode> Mutate)> Of(JsonNode schema) => Of(schema, "", root => root);

    private static IEnumerable<(string, Action<JsonNode>)> Of(JsonNode node, string path, Func<JsonNode, JsonNode> find)
    {
        if (node is JsonArray list)
            for (var i = 0; i < list.Count; i++)
            {
                var at = i;
                if (list[i] is { } item)
                    foreach (var mutation in Of(item, $"{path}/{i}", root => find(root)[at]!))
                        yield return mutation;
            }

        if (node is not JsonObject map)
            yield break;

        // A property that is called so is no keyword.
        var isKeyword = !path.EndsWith("/properties", StringComparison.Ordinal) && !path.EndsWith("/$defs", StringComparison.Ordinal);
        foreach (var (name, child) in map)
        {
            if (isKeyword && name is "required" or "enum" && child is JsonArray entries)
                for (var i = 0; i < entries.Count; i++)
                {
                    var at = i;
                    yield return ($"{path}/{name}/{entries[i]}", root => find(root)[name]!.AsArray().RemoveAt(at));
                }
            else if (isKeyword && name == "additionalProperties" && child?.GetValueKind() == System.Text.Json.JsonValueKind.False)
                yield return ($"{path}/{name}", root => Open(find(root).AsObject()));
            else if (child is not null)
                foreach (var mutation in Of(child, $"{path}/{name}", root => find(root)[name]!))
                    yield return mutation;
        }
    }

    // The dialect has no open objects; one more field that anything may be in is the nearest to it.
    private static void Open(JsonObject schema) => schema["properties"]!.AsObject().Add(UnknownField, JsonValue.Create(true));

    /// <summary>The field that documents add to be refused.</summary>
    public const string UnknownField = "colour";
}
