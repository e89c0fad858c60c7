namespace Vexa.Cli.Attack;

/// <summary>The attacks that are shipped: <c>attacks/&lt;group&gt;-&lt;word&gt;/&lt;ID&gt;-&lt;words&gt;.pl</c>.</summary>
internal static class AttackFolder
{
    public const string Facts = "facts";

    public static string Path => System.IO.Path.Combine(ShippedFiles.Root, "attacks");

    /// <summary>By id.</summary>
    /// <exception cref="Vexa.Contracts.VexaException">A header breaks the format, or an id is there twice.</exception>
    public static IReadOnlyList<AttackScript> Read(string folder)
    {
        var attacks = Directory.EnumerateFiles(folder, "*.pl", SearchOption.AllDirectories)
            .Where(file => char.IsAsciiLetterUpper(System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(file)!)[0]))
            .Select(file => AttackScript.Parse(file, File.ReadAllText(file))).OrderBy(attack => attack.Id, StringComparer.Ordinal).ToList();
        return attacks.GroupBy(attack => attack.Id).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? throw Commands.Faults.Input("attack-twice", $"There are two attacks {twice.Key}.", "Give one of them a number of its own.")
            : attacks;
    }

    /// <summary>What runs inside of containers, as the files of a workspace.</summary>
    public static IReadOnlyDictionary<string, string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(file => (Path: System.IO.Path.GetRelativePath(folder, file), File: file))
        .Where(file => file.Path.EndsWith(".pl", StringComparison.Ordinal) || file.Path.EndsWith(".pm", StringComparison.Ordinal))
        .Where(file => !file.Path.StartsWith("host/", StringComparison.Ordinal))
        .ToDictionary(file => file.Path, file => File.ReadAllText(file.File), StringComparer.Ordinal);
}
