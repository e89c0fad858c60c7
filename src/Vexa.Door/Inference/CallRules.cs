using System.Text.Json;

namespace Vexa.Door.Inference;

/// <summary>
/// What a Messages call may not ask for: that the provider goes out on the agent's behalf. It can search the web, fetch what an address
/// names, run code or speak with MCP servers; each of these is a way out of a container that has none (I12). Tools are an allow-list, for the
/// next such tool has a name that nobody knows yet.
/// </summary>
internal static class CallRules
{
    private const int Deepest = 256;

    // Tools that the provider defines and the agent itself performs; every other with a type is performed over there.
    private static readonly string[] PerformedHere = ["bash_", "text_editor_", "computer_", "memory_", "tool_search_tool_"];

    private delegate string? Rule(ref Utf8JsonReader json);

    /// <summary>What the call asks for and may not, in a few words; null where it asks for nothing of the kind.</summary>
    /// <exception cref="JsonException">It is not JSON, which another reader might take for something.</exception>
    public static string? Fault(ReadOnlySpan<byte> call)
    {
        var json = new Utf8JsonReader(call, new JsonReaderOptions { MaxDepth = Deepest });
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            throw new JsonException("A model call is an object.");

        var fault = Call(ref json);
        if (fault is null)
            json.Read();

        return fault;
    }

    private static string? Call(ref Utf8JsonReader json)
    {
        string? fault = null;
        while (fault is null && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("mcp_servers"u8))
                fault = "speak with MCP servers";
            else if (json.ValueTextEquals("container"u8))
                fault = "run code in a container of its own";
            else if (json.ValueTextEquals("tools"u8))
                fault = Each(ref json, Tool);
            else if (json.ValueTextEquals("messages"u8))
                fault = Each(ref json, Message);
            else if (json.ValueTextEquals("system"u8))
                fault = Each(ref json, Block);
            else
                json.Skip();
        }

        return fault;
    }

    private static string? Tool(ref Utf8JsonReader json)
    {
        string? fault = null;
        while (fault is null && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!json.ValueTextEquals("type"u8))
            {
                json.Skip();
                continue;
            }

            json.Read();
            var type = json.TokenType == JsonTokenType.String ? json.GetString()! : "";
            if (json.TokenType != JsonTokenType.Null && type != "custom" && !PerformedHere.Any(name => type.StartsWith(name, StringComparison.Ordinal)))
                fault = "perform a tool for the agent";
            json.Skip();
        }

        return fault;
    }

    private static string? Message(ref Utf8JsonReader json)
    {
        string? fault = null;
        while (fault is null && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("content"u8))
                fault = Each(ref json, Block);
            else
                json.Skip();
        }

        return fault;
    }

    // A block may hold blocks: the result of a tool, the pages of a document. What a tool was called with is nobody's order to fetch.
    private static string? Block(ref Utf8JsonReader json)
    {
        string? fault = null;
        while (fault is null && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("content"u8))
            {
                fault = Each(ref json, Block);
            }
            else if (json.ValueTextEquals("source"u8))
            {
                json.Read();
                if (json.TokenType == JsonTokenType.StartObject)
                    fault = Source(ref json);
                else
                    json.Skip();
            }
            else
            {
                json.Skip();
            }
        }

        return fault;
    }

    private static string? Source(ref Utf8JsonReader json)
    {
        string? fault = null;
        while (fault is null && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("content"u8))
            {
                fault = Each(ref json, Block);
            }
            else if (json.ValueTextEquals("type"u8))
            {
                json.Read();
                if (json.TokenType != JsonTokenType.String || !(json.ValueTextEquals("base64"u8) || json.ValueTextEquals("text"u8) || json.ValueTextEquals("content"u8)))
                    fault = "fetch a file or what an address names";
                json.Skip();
            }
            else
            {
                json.Skip();
            }
        }

        return fault;
    }

    // The value of a property: the objects in its list, or the one object that it is; anything else means nothing here.
    private static string? Each(ref Utf8JsonReader json, Rule rule)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.StartObject)
            return rule(ref json);

        if (json.TokenType != JsonTokenType.StartArray)
            return null;

        string? fault = null;
        while (fault is null && json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject)
                fault = rule(ref json);
            else
                json.Skip();
        }

        return fault;
    }
}
