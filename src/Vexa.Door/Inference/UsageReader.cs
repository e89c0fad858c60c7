using System.Buffers.Text;
using System.Text.Json;

namespace Vexa.Door.Inference;

/// <summary>
/// Finds model and usage in a JSON text that goes by in pieces. It keeps where it is and one short token, so that an answer may be of any
/// size; it does not check the rest of the text.
/// </summary>
internal sealed class UsageReader
{
    private const int LongestModel = 128;
    // A character may be written as \u1234.
    private const int LongestToken = 6 * LongestModel + 2;
    private const int DeepestName = 3;

    private static readonly string[] Names =
        ["message", "model", "usage", "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"];

    // The names that lead to where we are, outermost first; null for those that mean nothing here, and for places in a list.
    private readonly string?[] _path = new string?[DeepestName];
    private readonly byte[] _token = new byte[LongestToken];
    private int _length;
    private int _depth;
    private bool _inString, _escaped;

    private long _input, _cacheCreation, _cacheRead;

    public string? Model { get; private set; }

    /// <summary>Tokens that went in, cached ones included.</summary>
    public long Input => _input + _cacheCreation + _cacheRead;

    public long Output { get; private set; }

    public void Read(ReadOnlySpan<byte> json)
    {
        while (!json.IsEmpty)
        {
            var read = _inString ? ReadString(json) : Step(json[0]);
            json = json[read..];
        }
    }

    private int ReadString(ReadOnlySpan<byte> json)
    {
        if (_escaped)
        {
            _escaped = false;
            Keep(json[..1]);
            return 1;
        }

        var end = json.IndexOfAny((byte)'"', (byte)'\\');
        if (end < 0)
        {
            Keep(json);
            return json.Length;
        }

        Keep(json[..(end + 1)]);
        _escaped = json[end] == '\\';
        _inString = _escaped;
        return end + 1;
    }

    private int Step(byte letter)
    {
        switch (letter)
        {
            case (byte)'{' or (byte)'[':
                _length = 0;
                _depth++;
                Name(null);
                break;
            case (byte)'}' or (byte)']':
                EndValue();
                _depth = Math.Max(0, _depth - 1);
                break;
            case (byte)',':
                EndValue();
                break;
            case (byte)':':
                Name(Array.Find(Names, TokenIs));
                _length = 0;
                break;
            case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                break;
            default:
                _inString = letter == '"';
                if (_inString)
                    _length = 0;
                Keep([letter]);
                break;
        }

        return 1;
    }

    // A token that is too long is none of those that are looked for; its length tells that it is.
    private void Keep(ReadOnlySpan<byte> part)
    {
        if (_length + part.Length <= LongestToken)
            part.CopyTo(_token.AsSpan(_length));

        _length = Math.Min(_length + part.Length, LongestToken + 1);
    }

    private void Name(string? name)
    {
        if (_depth is > 0 and <= DeepestName)
            _path[_depth - 1] = name;
    }

    private void EndValue()
    {
        if (_length is > 0 and <= LongestToken && _depth is > 0 and <= DeepestName)
            Take(_path.AsSpan(0, _depth), _token.AsSpan(0, _length));

        _length = 0;
    }

    // message_start tells it below message, a whole answer and message_delta at the top.
    private void Take(ReadOnlySpan<string?> path, ReadOnlySpan<byte> value)
    {
        switch (path is ["message", ..] ? path[1..] : path)
        {
            case ["model"]:
                Model = Text(value) is { Length: > 0 and <= LongestModel } model ? model : Model;
                break;
            case ["usage", "input_tokens"]:
                _input = Number(value);
                break;
            case ["usage", "cache_creation_input_tokens"]:
                _cacheCreation = Number(value);
                break;
            case ["usage", "cache_read_input_tokens"]:
                _cacheRead = Number(value);
                break;
            case ["usage", "output_tokens"]:
                Output = Number(value);
                break;
        }
    }

    private bool TokenIs(string name) => _length <= LongestToken && Text(_token.AsSpan(0, _length)) == name;

    private static string? Text(ReadOnlySpan<byte> token)
    {
        try
        {
            var reader = new Utf8JsonReader(token);
            return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static long Number(ReadOnlySpan<byte> token) =>
        Utf8Parser.TryParse(token, out long number, out var read) && read == token.Length && number is >= 0 and < 1_000_000_000 ? number : 0;
}
