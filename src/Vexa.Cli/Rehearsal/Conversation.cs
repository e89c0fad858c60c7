using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Vexa.Cli.Rehearsal;

/// <summary>What a script can match on: a request of the Messages protocol, reduced to what was said.</summary>
internal sealed partial record Conversation
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    public required string Model { get; init; }
    public required bool Stream { get; init; }
    /// <summary>The last text that a person wrote, without the reminders that a CLI wraps around it.</summary>
    public required string User { get; init; }
    /// <summary>How many texts a person wrote so far, this one included.</summary>
    public required int Turn { get; init; }
    /// <summary>How many tool results came since <see cref="User"/>.</summary>
    public required int ToolResults { get; init; }
    /// <summary>The text of the last of them; empty where there is none.</summary>
    public required string LastToolResult { get; init; }
    /// <summary>Everything said and done before <see cref="User"/>, one line or more each.</summary>
    public required string History { get; init; }
    /// <summary>The folder that the CLI works in, where it told; else <c>.</c></summary>
    public required string Cwd { get; init; }
    /// <summary>Size of the request, the base of the token estimate.</summary>
    public required long Bytes { get; init; }

    /// <exception cref="JsonException">It is no request of the protocol.</exception>
    public static Conversation Parse(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array)
            throw new JsonException("messages: a list is required");

        var said = messages.EnumerateArray().Select(Message.Read).ToList();
        var last = said.FindLastIndex(message => message is { Role: "user", Text.Length: > 0 });
        var since = last < 0 ? said : said[(last + 1)..];
        var results = since.SelectMany(message => message.ToolResults).ToList();
        return new Conversation
        {
            Model = root.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.String ? model.GetString()! : "rehearsal",
            Stream = root.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True,
            User = last < 0 ? "" : said[last].Text,
            Turn = said.Count(message => message is { Role: "user", Text.Length: > 0 }),
            ToolResults = results.Count,
            LastToolResult = results.LastOrDefault() ?? "",
            History = string.Join('\n', said.Take(Math.Max(last, 0)).Where(message => message.Role != "system").Select(message => message.Everything)),
            Cwd = WorkingFolder(root, said) ?? ".",
            Bytes = body.Length,
        };
    }

    private static string? WorkingFolder(JsonElement root, List<Message> said)
    {
        var system = root.TryGetProperty("system", out var prompt) ? Message.TextOf(prompt) : "";
        var match = said.Select(message => message.Raw).Prepend(system).Select(text => FolderLine().Match(text)).LastOrDefault(m => m.Success);
        return match?.Groups["folder"].Value.TrimEnd('/');
    }

    [GeneratedRegex(@"[Ww]orking directory: (?<folder>/[^\r\n<]*)", RegexOptions.CultureInvariant)]
    private static partial Regex FolderLine();

    private sealed record Message(string Role, string Raw, string Text, IReadOnlyList<string> ToolResults, string Everything)
    {
        private static readonly Regex Reminder = new("<system-reminder>.*?</system-reminder>", Linear | RegexOptions.Singleline);

        public static Message Read(JsonElement message)
        {
            if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out var role) || role.ValueKind != JsonValueKind.String
                || !message.TryGetProperty("content", out var content))
                throw new JsonException("messages: each has a role and content");

            var raw = TextOf(content);
            var text = Reminder.Replace(raw, "").Trim();
            var results = Blocks(content, "tool_result").Select(block => block.TryGetProperty("content", out var c) ? TextOf(c) : "").ToList();
            var everything = new StringBuilder(text);
            foreach (var call in Blocks(content, "tool_use"))
                everything.Append('\n').Append(call.TryGetProperty("input", out var input) ? string.Join('\n', Strings(input)) : "");
            foreach (var result in results)
                everything.Append('\n').Append(result);
            return new Message(role.GetString()!, raw, text, results, everything.ToString());
        }

        /// <summary>Text of a string, or of the text blocks of a list.</summary>
        public static string TextOf(JsonElement content) => content.ValueKind == JsonValueKind.String
            ? content.GetString()!
            : string.Join('\n', Blocks(content, "text").Select(block => block.TryGetProperty("text", out var t) && t.ValueKind == JsonValueKind.String ? t.GetString() : ""));

        private static IEnumerable<JsonElement> Blocks(JsonElement content, string type) => content.ValueKind == JsonValueKind.Array
            ? content.EnumerateArray().Where(block => block.ValueKind == JsonValueKind.Object && block.TryGetProperty("type", out var t) && t.ValueEquals(type))
            : [];

        private static IEnumerable<string> Strings(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => [value.GetString()!],
            JsonValueKind.Object => value.EnumerateObject().SelectMany(property => Strings(property.Value)),
            JsonValueKind.Array => value.EnumerateArray().SelectMany(Strings),
            _ => [],
        };
    }
}
