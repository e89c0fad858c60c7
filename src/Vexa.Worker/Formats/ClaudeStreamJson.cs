using System.Text;
using System.Text.Json;
using Vexa.Worker.Processes;

namespace Vexa.Worker.Formats;

/// <summary>
/// <see cref="StreamFormat.ClaudeStreamJson"/>: Claude Code's <c>--output-format stream-json --verbose</c>, with or without
/// <c>--include-partial-messages</c>. One JSON object a line; lines and properties that are not known are passed over, since their
/// shapes move monthly.
/// </summary>
internal sealed class ClaudeStreamJson(string sessionProperty) : StreamTranslator
{
    private const int MaxSummary = 500;
    private const int MaxId = 128;

    private readonly StringBuilder _streamed = new();
    private RunOutcome? _outcome;
    private string? _apiError;
    private string _firstGarbage = "";
    private int _garbage;
    private int _known;
    private bool _running;
    private bool _toldCut;

    public override void Line(ReadOnlySpan<byte> line, bool cut, List<UnitEvent> frames)
    {
        if (line.Trim(" \t\r"u8).IsEmpty)
            return;

        if (cut && !_toldCut)
        {
            _toldCut = true;
            frames.Add(new Rejected("line-too-long", $"The runner printed a line of more than {LineSplitter.MaxLine / 1024 / 1024} MiB, which was left out.",
                "Nothing is lost but the display of that step."));
        }

        // Deeper than the usual 64: tool arguments may be, and are flattened where they are copied.
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 512 });
        try
        {
            if (!cut && JsonDocument.TryParseValue(ref reader, out var document))
                using (document)
                    if (Understand(document.RootElement, frames))
                    {
                        _known++;
                        return;
                    }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Counted below. The second: a property name with half of a surrogate pair parses, and throws when names are compared.
        }

        if (_garbage++ == 0)
            _firstGarbage = SafeText.Of(Encoding.UTF8.GetString(line[..Math.Min(line.Length, 400)]), 120);
    }

    public override RunOutcome Finish(ExitStatus exit, string errors) => _outcome
        ?? new(false, null, _known == 0 && _garbage > 0
            ? new(Stage.Runner, Party.Agent, "runner-garbage", $"The runner printed {_garbage} lines and none of them was a stream-json line ({exit}); the first: {_firstGarbage}",
                "Check that the runner's argv asks for the stream format that its definition names.")
            : _known == 0
                ? Ended("runner-silent", "The runner ended without an answer", exit, errors)
                : Ended("runner-no-result", "The runner ended before its turn was over", exit, errors));

    private bool Understand(JsonElement line, List<UnitEvent> frames)
    {
        if (line.ValueKind != JsonValueKind.Object || Text(line, "type") is not { } type)
            return false;

        if (Text(line, sessionProperty) is { Length: > 0 and <= MaxId } session)
            Session = session;

        switch (type)
        {
            case "system":
                System(line, frames);
                break;
            case "stream_event" when IsMain(line):
                Partial(line, frames);
                break;
            case "assistant":
                Assistant(line, frames);
                break;
            case "user":
                ToolResults(line, frames);
                break;
            case "result":
                Result(line);
                break;
        }

        return true;
    }

    private void System(JsonElement line, List<UnitEvent> frames)
    {
        switch (Text(line, "subtype"))
        {
            case "init" when !_running:
                _running = true;
                frames.Add(new Phase("agent-running"));
                break;
            case "api_retry":
                frames.Add(new Phase("model-retrying"));
                break;
        }
    }

    private void Partial(JsonElement line, List<UnitEvent> frames)
    {
        if (Property(line, "event") is not { } sse || Text(sse, "type") != "content_block_delta"
            || Property(sse, "delta") is not { } delta || Text(delta, "type") != "text_delta" || Text(delta, "text") is not { Length: > 0 } text)
            return;

        if (_streamed.Length < LineSplitter.MaxLine)
            _streamed.Append(text);
        frames.Add(new MessageDelta(text));
    }

    private void Assistant(JsonElement line, List<UnitEvent> frames)
    {
        // A failed model call appears as a made-up message of the assistant; the result line tells it again, as a failure.
        if (Property(line, "is_api_error_message") is { ValueKind: JsonValueKind.True })
        {
            _apiError = Text(line, "error");
            return;
        }

        foreach (var block in Blocks(line))
        {
            switch (Text(block, "type"))
            {
                case "text" when IsMain(line) && Text(block, "text") is { Length: > 0 } text:
                    WholeText(text, frames);
                    break;
                case "tool_use":
                    frames.Add(new ToolCall(SafeText.Of(Text(block, "id") ?? "", MaxId), SafeText.Of(Text(block, "name") ?? "", MaxId),
                        BoundedJson.Of(Property(block, "input") ?? Nothing)));
                    break;
            }
        }
    }

    /// <summary>A text block as a whole: what of it did not come in pieces before is still owed to the viewer.</summary>
    private void WholeText(string text, List<UnitEvent> frames)
    {
        var streamed = _streamed.ToString();
        _streamed.Clear();
        if (streamed.Length == 0)
            frames.Add(new MessageDelta(text));
        else if (text.Length > streamed.Length && text.StartsWith(streamed, StringComparison.Ordinal))
            frames.Add(new MessageDelta(text[streamed.Length..]));
    }

    private static void ToolResults(JsonElement line, List<UnitEvent> frames)
    {
        foreach (var block in Blocks(line))
            if (Text(block, "type") == "tool_result")
                frames.Add(new ToolResult(SafeText.Of(Text(block, "tool_use_id") ?? "", MaxId),
                    Property(block, "is_error") is not { ValueKind: JsonValueKind.True }, Summary(block)));
    }

    private static string Summary(JsonElement toolResult)
    {
        if (Property(toolResult, "content") is not { } content)
            return "";
        if (content.ValueKind != JsonValueKind.Array)
            return SafeText.Of(SafeText.Of(content) ?? "", MaxSummary);

        var summary = new StringBuilder();
        foreach (var part in content.EnumerateArray())
        {
            if (summary.Length > MaxSummary)
                break;
            summary.Append(summary.Length > 0 ? "\n" : "").Append(Text(part, "text") ?? $"[{Text(part, "type") ?? "?"}]");
        }

        return SafeText.Of(summary.ToString(), MaxSummary);
    }

    // "subtype" is "success" also after a failed model call, and the exit code follows no rule: "is_error" is what counts. A subtype
    // like "error_max_turns" is a failure whatever else the line says.
    private void Result(JsonElement line)
    {
        HasResult = true;
        var said = Text(line, "result") is { Length: > 0 } result ? SafeText.Shorten(result, MaxReply) : null;
        var subtype = Text(line, "subtype");
        var ok = Property(line, "is_error") is { ValueKind: JsonValueKind.False } && subtype is null or "success";
        _outcome = ok ? new(true, said, null) : new(false, null, Failure(line, subtype, said));
    }

    private VexaException Failure(JsonElement line, string? subtype, string? said)
    {
        int? status = Property(line, "api_error_status") is { ValueKind: JsonValueKind.Number } code && code.TryGetInt32(out var number) ? number : null;
        var reason = Text(line, "terminal_reason");
        if (status is not null || reason is "api_error" or "prompt_too_long" || _apiError is not null)
            return ProviderFailure.From(status, reason == "prompt_too_long" ? reason : _apiError, said ?? "");

        var errors = Property(line, "errors") is { ValueKind: JsonValueKind.Array } list
            ? string.Join("; ", list.EnumerateArray().Take(3).Select(error => SafeText.Of(error) ?? ""))
            : "";
        var what = SafeText.Of(errors.Length > 0 ? errors : said ?? "", MaxSummary);
        return subtype == "error_max_turns"
            ? new(Stage.Runner, Party.Agent, "runner-max-turns", "The agent used up the number of steps that its runner allows.",
                "Ask it to go on, or raise the limit in the runner's argv.")
            : new(Stage.Runner, Party.Agent, "runner-error", $"The runner gave up ({SafeText.Of(subtype ?? "no reason", 60)}): {what}",
                "Try again; if it stays so, start a new session.");
    }

    private static JsonElement Nothing { get; } = JsonDocument.Parse("{}").RootElement.Clone();

    private static bool IsMain(JsonElement line) => Property(line, "parent_tool_use_id") is null or { ValueKind: JsonValueKind.Null };

    private static JsonElement.ArrayEnumerator Blocks(JsonElement line) =>
        Property(line, "message") is { } message && Property(message, "content") is { ValueKind: JsonValueKind.Array } content
            ? content.EnumerateArray()
            : default;

    private static JsonElement? Property(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var found) ? found : null;

    private static string? Text(JsonElement value, string name) => Property(value, name) is { } text ? SafeText.Of(text) : null;
}
