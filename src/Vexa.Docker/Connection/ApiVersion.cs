using System.Globalization;

namespace Vexa.Docker.Connection;

/// <summary>A version of the Engine API, and the choice of the one to speak.</summary>
internal readonly record struct ApiVersion(int Major, int Minor) : IComparable<ApiVersion>
{
    /// <summary>Docker 20.10: the first with private cgroup namespaces.</summary>
    public static readonly ApiVersion Oldest = new(1, 41);

    /// <summary>Docker 25, and the oldest that Docker 29.0 still speaks. Newer ones bring nothing that is used here.</summary>
    public static readonly ApiVersion Newest = new(1, 44);

    public int CompareTo(ApiVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    /// <summary>The newest that both speak; null where there is none.</summary>
    /// <param name="newest">What the engine says: <c>ApiVersion</c>.</param>
    /// <param name="oldest">What the engine says: <c>MinAPIVersion</c>; not every engine does.</param>
    public static ApiVersion? Choose(string? newest, string? oldest)
    {
        if (Parse(newest) is not { } theirs)
            return null;

        var chosen = theirs.CompareTo(Newest) < 0 ? theirs : Newest;
        var least = Parse(oldest) is { } minimum && minimum.CompareTo(Oldest) > 0 ? minimum : Oldest;
        return chosen.CompareTo(least) < 0 ? null : chosen;
    }

    private static ApiVersion? Parse(string? text) =>
        text?.Split('.') is [var major, var minor]
        && int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
        && int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var second)
            ? new ApiVersion(first, second)
            : null;
}
