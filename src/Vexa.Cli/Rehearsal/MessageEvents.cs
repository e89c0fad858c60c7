using System.Text.Json.Nodes;

namespace Vexa.Cli.Rehearsal;

/// <summary>An answer as the Messages protocol has it: one message, or the events of its stream.</summary>
internal static class MessageEvents
{
    private const int JsonPiece = 64;

    /// <summary>The whole answer as one message.</summary>
    public static JsonObject Message(string id, Answer answer, Conversation conversation) => Message(
        id, conversation, new JsonArray([.. answer.Blocks.Select(Whole)]), answer.StopReason, answer.OutputTokens);

    /// <summary>The events of the stream, in order. Text comes word by word, a tool's input in pieces of JSON text.</summary>
    public static IEnumerable<JsonObject> Stream(string id, Answer answer, Conversation conversation)
    {
        yield return new JsonObject { ["type"] = "message_start", ["message"] = Message(id, conversation, [], null, 1) };
        for (var index = 0; index < answer.Blocks.Count; index++)
        {
            yield return new JsonObject { ["type"] = "content_block_start", ["index"] = index, ["content_block"] = Empty(answer.Blocks[index]) };
            foreach (var delta in Deltas(answer.Blocks[index]))
                yield return new JsonObject { ["type"] = "content_block_delta", ["index"] = index, ["delta"] = delta };
            yield return new JsonObject { ["type"] = "content_block_stop", ["index"] = index };
        }

        yield return new JsonObject
        {
            ["type"] = "message_delta",
            ["delta"] = new JsonObject { ["stop_reason"] = answer.StopReason, ["stop_sequence"] = null },
            ["usage"] = new JsonObject { ["output_tokens"] = answer.OutputTokens },
        };
        yield return new JsonObject { ["type"] = "message_stop" };
    }

    public static JsonObject Error(string type, string message) => new()
    {
        ["type"] = "error",
        ["error"] = new JsonObject { ["type"] = type, ["message"] = message },
    };

    /// <summary>The protocol's name of an error status.</summary>
    public static string ErrorType(int status) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };

    public static int InputTokens(Conversation conversation) => (int)Math.Min(int.MaxValue, Math.Max(1, conversation.Bytes / 4));

    /// <summary>Pieces of a text that a reader sees grow: each word with the space behind it.</summary>
    internal static IEnumerable<string> Words(string text)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = start;
            while (end < text.Length && !char.IsWhiteSpace(text[end]))
                end++;
            while (end < text.Length && char.IsWhiteSpace(text[end]))
                end++;
            yield return text[start..end];
        }
    }

    private static JsonObject Message(string id, Conversation conversation, JsonArray content, string? stopReason, int outputTokens) => new()
    {
        ["id"] = id,
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = conversation.Model,
        ["content"] = content,
        ["stop_reason"] = stopReason,
        ["stop_sequence"] = null,
        ["usage"] = new JsonObject
        {
            ["input_tokens"] = InputTokens(conversation),
            ["cache_creation_input_tokens"] = 0,
            ["cache_read_input_tokens"] = 0,
            ["output_tokens"] = outputTokens,
        },
    };

    private static JsonObject Whole(AnswerBlock block) => block switch
    {
        AnswerText text => new JsonObject { ["type"] = "text", ["text"] = text.Text },
        ToolUse tool => new JsonObject { ["type"] = "tool_use", ["id"] = tool.Id, ["name"] = tool.Tool, ["input"] = tool.Input.DeepClone() },
        _ => throw new ArgumentOutOfRangeException(nameof(block)),
    };

    private static JsonObject Empty(AnswerBlock block) => Whole(block switch
    {
        AnswerText => new AnswerText(""),
        ToolUse tool => tool with { Input = [] },
        _ => block,
    });

    private static IEnumerable<JsonObject> Deltas(AnswerBlock block) => block switch
    {
        AnswerText text => Words(text.Text).Select(word => new JsonObject { ["type"] = "text_delta", ["text"] = word }),
        ToolUse tool => Pieces(tool.Input.ToJsonString()).Select(piece => new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = piece }),
        _ => [],
    };

    private static IEnumerable<string> Pieces(string json)
    {
        for (var start = 0; start < json.Length; start += JsonPiece)
            yield return json.Substring(start, Math.Min(JsonPiece, json.Length - start));
    }
}
