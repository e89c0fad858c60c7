using System.Text;

namespace Vexa.Cli.Rehearsal;

/// <summary>
/// A text with variables: <c>${name}</c>, or <c>${filter:name}</c> with the filters <c>slug</c>, <c>lower</c> and <c>upper</c>.
/// <c>$${</c> stands for <c>${</c>.
/// </summary>
internal sealed class Template
{
    /// <summary>Variables that every rule has: the CLI's working folder (by two names), what was asked, and today.</summary>
    public static IReadOnlySet<string> BuiltIn { get; } = new HashSet<string>(StringComparer.Ordinal) { "cwd", "home", "user", "date", "now", "year", "month", "day" };

    private static readonly string[] Filters = ["slug", "lower", "upper"];
    private readonly List<(string Text, string? Variable, string? Filter)> _parts;

    private Template(List<(string, string?, string?)> parts) => _parts = parts;

    public IEnumerable<string> Variables => _parts.Where(part => part.Variable is not null).Select(part => part.Variable!);

    /// <exception cref="FormatException">A brace is not closed, or a filter is unknown.</exception>
    public static Template Parse(string text)
    {
        var parts = new List<(string, string?, string?)>();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length;)
        {
            if (text.AsSpan(i).StartsWith("$${"))
            {
                literal.Append("${");
                i += 3;
            }
            else if (text.AsSpan(i).StartsWith("${"))
            {
                var end = text.IndexOf('}', i);
                if (end < 0)
                    throw new FormatException("'${' without its '}'");
                parts.Add((literal.ToString(), null, null));
                literal.Clear();
                parts.Add(Placeholder(text[(i + 2)..end]));
                i = end + 1;
            }
            else
            {
                literal.Append(text[i++]);
            }
        }

        parts.Add((literal.ToString(), null, null));
        return new Template(parts);
    }

    /// <summary>The text with every variable's value; a variable without one is empty.</summary>
    public string Render(IReadOnlyDictionary<string, string> values)
    {
        var text = new StringBuilder();
        foreach (var (literal, variable, filter) in _parts)
            text.Append(variable is null ? literal : Apply(filter, values.GetValueOrDefault(variable, "")));
        return text.ToString();
    }

    private static (string, string?, string?) Placeholder(string inner)
    {
        var colon = inner.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return ("", inner, null);

        var filter = inner[..colon];
        return Filters.Contains(filter)
            ? ("", inner[(colon + 1)..], filter)
            : throw new FormatException($"there is no filter '{filter}', only {string.Join(", ", Filters)}");
    }

    private static string Apply(string? filter, string value) => filter switch
    {
        "slug" => SlugOf(value),
        "lower" => value.ToLowerInvariant(),
        "upper" => value.ToUpperInvariant(),
        _ => value,
    };

    // What is left is safe as a file name, whatever the prompt said.
    private static string SlugOf(string value)
    {
        var slug = new StringBuilder();
        foreach (var c in value.ToLowerInvariant())
            if (char.IsAsciiLetterOrDigit(c))
                slug.Append(c);
            else if (slug.Length > 0 && slug[^1] != '-')
                slug.Append('-');
        var text = slug.ToString(0, Math.Min(slug.Length, 48)).Trim('-');
        return text.Length > 0 ? text : "unnamed";
    }
}
