using System.Buffers;
using System.Text.Json;
using Vexa.Contracts;

namespace Vexa.Door.Inference;

/// <summary>
/// Reads usage off a Messages answer as it goes by, streamed (SSE) or whole (JSON). It only looks: it never holds a byte back, and
/// an answer that it cannot read counts as nothing.
/// </summary>
internal sealed class UsageMeter
{
    // Lines that carry usage are small; a longer one is content.
    private const int LongestLine = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _line = new();
    private bool _lineTooLong;
    private long _input, _output;
    private string? _model;

    public void Observe(ReadOnlySpan<byte> chunk)
    {
        while (chunk.IndexOf((byte)'\n') is >= 0 and var end)
        {
            Keep(chunk[..end]);
            EndLine();
            chunk = chunk[(end + 1)..];
        }

        Keep(chunk);
    }

    /// <summary>What was counted, or null where the answer told no usage.</summary>
    public Usage? Read()
    {
        EndLine();
        return _model is null ? null : new Usage(_input, _output, _model);
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        _lineTooLong |= _line.WrittenCount + part.Length > LongestLine;
        if (!_lineTooLong)
            _line.Write(part);
    }

    private void EndLine()
    {
        var line = _line.WrittenSpan;
        if (!_lineTooLong && line.IndexOf("\"usage\""u8) >= 0)
            Count(line.StartsWith("data:"u8) ? line["data:".Length..] : line);

        _line.ResetWrittenCount();
        _lineTooLong = false;
    }

    private void Count(ReadOnlySpan<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { MaxDepth = 32 });
            var root = document.RootElement;
            var message = root.TryGetProperty("message", out var started) ? started : root;
            if (message.TryGetProperty("model", out var model) && model.GetString() is { Length: <= 128 } name)
                _model = name;

            if (!message.TryGetProperty("usage", out var usage))
                return;

            // message_start tells the input; message_delta tells the output so far, so the last one wins.
            _input = Math.Max(_input, Number(usage, "input_tokens") + Number(usage, "cache_creation_input_tokens") + Number(usage, "cache_read_input_tokens"));
            _output = Math.Max(_output, Number(usage, "output_tokens"));
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // Some other thing that has "usage" in it.
        }
    }

    private static long Number(JsonElement usage, string name) =>
        usage.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number is >= 0 and < 1_000_000_000 ? number : 0;
}
