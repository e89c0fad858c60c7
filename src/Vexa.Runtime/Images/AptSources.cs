namespace Vexa.Runtime.Images;

/// <summary>Where this machine's own apt gets a Debian release from: its mirrors, and the settings that make them reachable.</summary>
internal static class AptSources
{
    private const string Folder = "/etc/apt";

    /// <summary>Lines of <c>sources.list</c> for a release and its updates; none where this machine does not use that release.</summary>
    public static IReadOnlyList<string> Lines(string suite) => [.. Files().SelectMany(Read).Where(source => source.Serves(suite)).Select(source => source.Line).Distinct()];

    /// <summary>The machine's <c>Acquire::</c> settings, as options of <c>mmdebstrap</c>.</summary>
    public static IReadOnlyList<string> Options()
    {
        var folder = Path.Combine(Folder, "apt.conf.d");
        if (!Directory.Exists(folder))
            return [];

        return
        [
            .. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).SelectMany(File.ReadLines)
                .Select(line => line.Trim())
                .Where(line => line.StartsWith("Acquire::", StringComparison.Ordinal) && line.EndsWith(';') && !line.Contains("Languages", StringComparison.Ordinal)
                    && !line.Contains("Gzip", StringComparison.OrdinalIgnoreCase) && !line.Contains('{', StringComparison.Ordinal))
                .Select(line => $"--aptopt={line.TrimEnd(';')}"),
        ];
    }

    private static IEnumerable<string> Files()
    {
        var list = Path.Combine(Folder, "sources.list");
        var parts = Path.Combine(Folder, "sources.list.d");
        return (File.Exists(list) ? [list] : Array.Empty<string>()).Concat(Directory.Exists(parts) ? Directory.EnumerateFiles(parts).Order(StringComparer.Ordinal) : []);
    }

    private static IEnumerable<AptSource> Read(string file) => Path.GetExtension(file) switch
    {
        ".list" => AptSource.ParseLines(File.ReadAllText(file)),
        ".sources" => AptSource.ParseStanzas(File.ReadAllText(file)),
        _ => [],
    };
}

/// <summary>One source of packages (sources.list(5)).</summary>
/// <param name="Options">In brackets, or empty.</param>
internal sealed record AptSource(string Uri, string Suite, string Components, string Options)
{
    public string Line => $"deb {(Options.Length == 0 ? "" : $"[{Options}] ")}{Uri} {Suite} {Components}";

    /// <summary>True for Debian's own archive of a release, its updates and its security updates.</summary>
    public bool Serves(string suite) =>
        (Suite == suite || Suite == $"{suite}-updates" || Suite == $"{suite}-security") && Components.Split(' ').Contains("main");

    /// <summary>The one-line form: <c>deb [options] uri suite component...</c>.</summary>
    public static IEnumerable<AptSource> ParseLines(string text)
    {
        foreach (var line in text.Split('\n').Select(l => l.Split('#')[0].Trim()).Where(l => l.StartsWith("deb ", StringComparison.Ordinal)))
        {
            var rest = line[4..].Trim();
            var options = "";
            if (rest.StartsWith('[') && rest.IndexOf(']') is > 0 and var end)
                (options, rest) = (rest[1..end].Trim(), rest[(end + 1)..].Trim());

            if (rest.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var uri, var suite, .. var components])
                yield return new AptSource(uri, suite, string.Join(' ', components), options);
        }
    }

    /// <summary>The form of paragraphs (deb822).</summary>
    public static IEnumerable<AptSource> ParseStanzas(string text)
    {
        foreach (var stanza in text.ReplaceLineEndings("\n").Split("\n\n"))
        {
            var fields = stanza.Split('\n').Where(l => !l.StartsWith('#') && !l.StartsWith(' ') && l.Contains(':', StringComparison.Ordinal))
                .Select(l => l.Split(':', 2)).GroupBy(f => f[0].Trim(), StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => g.Last()[1].Trim(), StringComparer.OrdinalIgnoreCase);
            if (!Field("Types").Split(' ').Contains("deb") || Field("Enabled") == "no")
                continue;

            foreach (var uri in Field("URIs").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                foreach (var suite in Field("Suites").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    yield return new AptSource(uri, suite, Field("Components"), Field("Signed-By") is { Length: > 0 } key ? $"signed-by={key}" : "");

            string Field(string name) => fields.GetValueOrDefault(name, "");
        }
    }
}
