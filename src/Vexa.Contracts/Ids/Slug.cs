namespace Vexa.Contracts;

/// <summary>
/// The one grammar of every id: 1 to 48 characters of <c>a-z</c>, <c>0-9</c> and inner <c>-</c>. Such a text is safe as a path
/// segment, a Redis key part, a DNS label (also behind the prefix <c>vexa-agent-</c>), a cgroup and a git ref component.
/// </summary>
public static class Slug
{
    public const int MaxLength = 48;

    /// <summary>True where <paramref name="text"/> follows the grammar.</summary>
    public static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxLength || text[0] == '-' || text[^1] == '-')
            return false;

        foreach (var c in text)
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'))
                return false;

        return true;
    }
}
