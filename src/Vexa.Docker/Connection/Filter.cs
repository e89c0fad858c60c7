using System.Text.Json;

namespace Vexa.Docker.Connection;

/// <summary>The one way in which the engine's lists are narrowed.</summary>
internal static class Filter
{
    public static string Of(params ReadOnlySpan<(string Key, string[] Values)> terms)
    {
        var filter = new Dictionary<string, string[]>();
        foreach (var (key, values) in terms)
            filter[key] = values;

        return Uri.EscapeDataString(JsonSerializer.Serialize(filter, EngineJson.Default.DictionaryStringStringArray));
    }
}
