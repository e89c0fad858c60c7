namespace Vexa.Workspaces;

/// <summary>The grammar of keys, the same for every bucket; a key that follows it is safe as a file path below a folder.</summary>
internal static class BucketKey
{
    private const int LongestKey = 1024;
    private const int LongestSegment = 255;

    /// <exception cref="ArgumentException">The key breaks the grammar.</exception>
    public static void Check(string key)
    {
        if (!IsKey(key))
            throw new ArgumentException("Not a bucket key.", nameof(key));
    }

    public static bool IsKey(string key) => key.Length is > 0 and <= LongestKey && key.Split('/').All(IsSegment);

    /// <summary>A prefix is the beginning of a key, so its last segment may be empty.</summary>
    /// <exception cref="ArgumentException">No key can start like this.</exception>
    public static void CheckPrefix(string prefix)
    {
        if (prefix.Length > 0)
            Check(prefix[^1] == '/' ? prefix[..^1] : prefix);
    }

    private static bool IsSegment(string segment) =>
        segment.Length is > 0 and <= LongestSegment && segment[0] != '.' && segment.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
