namespace Vexa.Redis;

/// <summary>The server could not be reached, or the connection was lost while a reply was owed. Nothing was retried.</summary>
/// <param name="message">One sentence: what happened. Names the server, never a password.</param>
/// <param name="outcomeUnknown">See <see cref="OutcomeUnknown"/>.</param>
/// <param name="inner">The cause.</param>
public sealed class RedisUnavailableException(string message, bool outcomeUnknown, Exception? inner = null)
    : RedisException(message, inner)
{
    /// <summary>
    /// True where the command may have been sent, so that the server may or may not have performed it; false where it certainly
    /// was not.
    /// </summary>
    public bool OutcomeUnknown { get; } = outcomeUnknown;
}
