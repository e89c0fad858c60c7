namespace Vexa.Redis;

/// <summary>The server answered the command with an error. The connection is fine.</summary>
/// <param name="code">The error's first word: <c>ERR</c>, <c>WRONGTYPE</c>, <c>NOSCRIPT</c>, <c>NOPERM</c>, ...</param>
/// <param name="message">The server's text, without the code.</param>
public sealed class RedisReplyException(string code, string message) : RedisException($"{code} {message}".TrimEnd())
{
    public string Code { get; } = code;

    internal static RedisReplyException From(RespValue error)
    {
        var text = error.ErrorText;
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? new(text, "") : new(text[..space], text[(space + 1)..]);
    }
}
