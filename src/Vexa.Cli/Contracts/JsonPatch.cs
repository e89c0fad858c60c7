using System.Text.Json.Nodes;

namespace Vexa.Cli.Contracts;

/// <summary><c>add</c>, <c>replace</c> and <c>remove</c> of RFC 6902.</summary>
internal static class JsonPatch
{
    /// <exception cref="InvalidDataException">A path leads nowhere, or the operation is another.</exception>
    public static JsonNode? Apply(JsonNode? document, JsonArray patch)
    {
        foreach (var operation in patch)
        {
            var path = operation!["path"]!.GetValue<string>();
            var (op, value) = (operation["op"]!.GetValue<string>(), operation["value"]?.DeepClone());
            if (path.Length == 0)
            {
                document = op == "replace" ? value : throw new InvalidDataException($"{op} of a whole document");
                continue;
            }

            var segments = path[1..].Split('/').Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToList();
            var parent = segments[..^1].Aggregate(document, (node, segment) => Child(node, segment, path));
            switch (parent)
            {
                case JsonObject map:
                    Change(map, segments[^1], op, value, path);
                    break;
                case JsonArray list:
                    Change(list, segments[^1], op, value, path);
                    break;
                default:
                    throw new InvalidDataException($"{path} leads nowhere");
            }
        }

        return document;
    }

    private static void Change(JsonObject map, string name, string op, JsonNode? value, string path)
    {
        if (op != "add" && !map.ContainsKey(name))
            throw new InvalidDataException($"{path} leads nowhere");
        if (op == "remove")
            map.Remove(name);
        else
            map[name] = value;
    }

    private static void Change(JsonArray list, string name, string op, JsonNode? value, string path)
    {
        var index = name == "-" ? list.Count : int.Parse(name, System.Globalization.CultureInfo.InvariantCulture);
        if (index > list.Count || (op != "add" && index == list.Count))
            throw new InvalidDataException($"{path} leads nowhere");
        if (op != "add")
            list.RemoveAt(index);
        if (op != "remove")
            list.Insert(index, value);
    }

    private static JsonNode? Child(JsonNode? node, string segment, string path) => node switch
    {
        JsonObject map when map.ContainsKey(segment) => map[segment],
        JsonArray list => list[int.Parse(segment, System.Globalization.CultureInfo.InvariantCulture)],
        _ => throw new InvalidDataException($"{path} leads nowhere"),
    };
}
