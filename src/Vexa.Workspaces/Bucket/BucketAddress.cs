using System.Text.RegularExpressions;

namespace Vexa.Workspaces;

/// <summary>Where a bucket is: an absolute folder, or <c>s3://bucket[/prefix]</c>.</summary>
public sealed partial record BucketAddress
{
    private const string Scheme = "s3://";
    private const int LongestPrefix = 200;

    private BucketAddress(string? folder, string? name, string prefix) => (Folder, Name, Prefix) = (folder, name, prefix);

    /// <summary>The folder; null where the bucket is on an S3 server.</summary>
    public string? Folder { get; }

    /// <summary>The bucket's name on the S3 server; null where the bucket is a folder.</summary>
    public string? Name { get; }

    /// <summary>What all keys on the S3 server start with: empty, or segments that each end in <c>/</c>.</summary>
    public string Prefix { get; }

    public static BucketAddress OfFolder(string folder) => new(Path.GetFullPath(folder), null, "");

    /// <summary>The address that a person wrote; null where it is none.</summary>
    public static BucketAddress? TryParse(string text)
    {
        if (Path.IsPathFullyQualified(text) && !text.Contains('\0', StringComparison.Ordinal))
            return OfFolder(text);
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
            return null;

        var rest = text[Scheme.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (name, prefix) = slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..].TrimEnd('/'));
        var isPrefix = prefix.Length == 0 || (prefix.Length <= LongestPrefix && BucketKey.IsKey(prefix));
        return BucketName().IsMatch(name) && !name.Contains("..", StringComparison.Ordinal) && isPrefix
            ? new BucketAddress(null, name, prefix.Length == 0 ? "" : prefix + "/")
            : null;
    }

    /// <summary>As it is written.</summary>
    public override string ToString() => Folder ?? $"{Scheme}{Name}{(Prefix.Length == 0 ? "" : $"/{Prefix.TrimEnd('/')}")}";

    [GeneratedRegex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", RegexOptions.CultureInvariant)]
    private static partial Regex BucketName();
}
