namespace Vexa.Redis;

/// <summary>
/// How long to wait before the next attempt: not at all before the first, then 20 ms, doubling to at most a second, and of each a
/// random half is left out, so that many clients do not return in step.
/// </summary>
internal sealed class Backoff
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(20);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private int _attempts;

    public TimeSpan Next()
    {
        var attempt = _attempts;
        _attempts = Math.Min(attempt + 1, 16);
        if (attempt == 0)
            return TimeSpan.Zero;
        var longest = Math.Min(Longest.TotalMilliseconds, First.TotalMilliseconds * (1 << (attempt - 1)));
        return TimeSpan.FromMilliseconds(longest * (0.5 + Random.Shared.NextDouble() / 2));
    }

    public void Reset() => _attempts = 0;
}
