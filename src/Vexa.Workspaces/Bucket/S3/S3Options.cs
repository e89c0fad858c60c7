using System.Net;
using System.Text.RegularExpressions;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>How an S3 server is reached; which bucket on it is the address's.</summary>
public sealed partial record S3Options
{
    private const string UsualRegion = "us-east-1";

    /// <summary>Variables that <see cref="From"/> reads.</summary>
    public static IReadOnlyList<string> Variables { get; } =
        ["VEXA_S3_ENDPOINT", "VEXA_S3_REGION", "VEXA_S3_STYLE", "VEXA_S3_ALLOW_HTTP", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

    /// <summary><c>https://host[:port]</c>, or <c>http://</c> on loopback; absent, Amazon's own for the region.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>What requests are signed for, and at Amazon where the bucket is.</summary>
    public string Region { get; init; } = UsualRegion;

    /// <summary>The bucket's name stands in the path and not in the host name. Default: at every endpoint but Amazon's.</summary>
    public bool PathStyle { get; init; }

    public string? AccessKey { get; init; }

    public Secret? SecretKey { get; init; }

    /// <summary>Of credentials that end by themselves.</summary>
    public Secret? SessionToken { get; init; }

    /// <summary>How long a call goes on trying while the server fails or is away: a minute of 503 is ridden out.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>Time for one request, and for each piece of an answer.</summary>
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>What is no longer than this is put by one request; of what is longer, this much is held in memory. At least 5 MB, as S3 wants it.</summary>
    public int PartSize { get; init; } = 8 * 1024 * 1024;

    /// <summary>The variables again, secrets included: for the one process that opens the bucket.</summary>
    public IEnumerable<KeyValuePair<string, string>> Reveal()
    {
        if (Endpoint is not null)
            yield return new("VEXA_S3_ENDPOINT", Endpoint.OriginalString);
        yield return new("VEXA_S3_REGION", Region);
        yield return new("VEXA_S3_STYLE", PathStyle ? "path" : "virtual");
        // Whoever passes them on was allowed to.
        if (Endpoint?.Scheme == Uri.UriSchemeHttp && !IsLoopback(Endpoint))
            yield return new("VEXA_S3_ALLOW_HTTP", "yes");
        if (AccessKey is not null)
            yield return new("AWS_ACCESS_KEY_ID", AccessKey);
        if (SecretKey is not null)
            yield return new("AWS_SECRET_ACCESS_KEY", SecretKey.Reveal());
        if (SessionToken is not null)
            yield return new("AWS_SESSION_TOKEN", SessionToken.Reveal());
    }

    /// <param name="variable">Value of an environment variable; null where it is not set.</param>
    /// <param name="faults">Gets what is wrong with them, by variable.</param>
    internal static S3Options From(Func<string, string?> variable, ICollection<string> faults)
    {
        var endpoint = variable("VEXA_S3_ENDPOINT") is { } text ? ReadEndpoint(text, variable("VEXA_S3_ALLOW_HTTP"), faults) : null;
        var region = variable("VEXA_S3_REGION") ?? UsualRegion;
        if (!RegionName().IsMatch(region))
            faults.Add($"VEXA_S3_REGION is not a region, such as eu-west-1: {region}");
        var style = variable("VEXA_S3_STYLE") ?? (variable("VEXA_S3_ENDPOINT") is null ? "virtual" : "path");
        if (style is not ("path" or "virtual"))
            faults.Add($"VEXA_S3_STYLE is not path or virtual: {style}");
        var (accessKey, secretKey) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"));
        if (accessKey is null != secretKey is null)
            faults.Add($"{(accessKey is null ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY")} is missing beside the other one");

        return new S3Options
        {
            Endpoint = endpoint,
            Region = region,
            PathStyle = style == "path",
            AccessKey = accessKey,
            SecretKey = secretKey is null ? null : new Secret(secretKey),
            SessionToken = variable("AWS_SESSION_TOKEN") is { } token ? new Secret(token) : null,
        };
    }

    // Objects are sealed, but their names, sizes and times are not, and who changes what is on the wire can keep a bucket from its owner.
    private static Uri? ReadEndpoint(string text, string? allowHttp, ICollection<string> faults)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https") || endpoint.PathAndQuery != "/" || endpoint.UserInfo.Length > 0)
            faults.Add($"VEXA_S3_ENDPOINT is not http(s)://host[:port]: {(text.Contains('@', StringComparison.Ordinal) ? "it holds more than that" : text)}");
        else if (endpoint.Scheme == Uri.UriSchemeHttp && !IsLoopback(endpoint) && allowHttp != "yes")
            faults.Add($"VEXA_S3_ENDPOINT is plain http to another machine, which VEXA_S3_ALLOW_HTTP=yes allows: {text}");
        else
            return endpoint;

        return null;
    }

    private static bool IsLoopback(Uri endpoint) => endpoint.IsLoopback || (IPAddress.TryParse(endpoint.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    [GeneratedRegex("^[a-z0-9-]{1,40}$", RegexOptions.CultureInvariant)]
    private static partial Regex RegionName();
}
