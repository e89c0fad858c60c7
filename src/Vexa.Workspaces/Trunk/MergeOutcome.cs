using System.Globalization;
using System.Text;

namespace Vexa.Workspaces;

/// <summary>What git's merge of two commits came to.</summary>
/// <param name="Tree">With conflict markers where it is not clean; empty where it was given up.</param>
/// <param name="Contested">Files that conflict, with the versions of them that there are.</param>
/// <param name="IsClean">As git says.</param>
/// <param name="OnlyTexts">True where every conflict is one of lines in a text: none of names, modes, links, or of a file that one side removed.</param>
internal sealed record MergeOutcome(string Tree, bool IsClean, IReadOnlyList<ContestedFile> Contested, bool OnlyTexts)
{
    private const int MostNames = 3;
    private const string ConflictOfLines = "CONFLICT (contents)";

    public IReadOnlyList<string> Conflicts => [.. Contested.Select(file => file.Path)];

    /// <summary>Reads what <c>merge-tree --write-tree -z</c> says.</summary>
    public static MergeOutcome Parse(ReadOnlySpan<byte> output, bool isClean)
    {
        // "<tree>", "<mode> <blob> <stage>\t<path>" ..., "", then ("<number of paths>", path ..., "<kind>", "<message>") ...
        var fields = new Queue<string>(Encoding.UTF8.GetString(output).Split('\0'));
        var tree = fields.Dequeue().Trim();
        var contested = new Dictionary<string, ContestedFile>(StringComparer.Ordinal);
        while (fields.Count > 0 && fields.Dequeue() is { Length: > 0 } line)
            if (line.Split('\t', 2) is [var what, var path] && what.Split(' ') is [var mode, var blob, var stage])
                contested[path] = contested.GetValueOrDefault(path, new ContestedFile(path)).With(stage, new FileEntry(mode, blob));

        var onlyTexts = true;
        while (fields.Count > 0 && int.TryParse(fields.Dequeue(), NumberStyles.None, CultureInfo.InvariantCulture, out var paths))
        {
            while (paths-- > 0)
                fields.Dequeue();

            var kind = fields.Dequeue();
            onlyTexts &= kind == ConflictOfLines || !kind.StartsWith("CONFLICT", StringComparison.Ordinal);
            fields.Dequeue();
        }

        return new MergeOutcome(tree, isClean, [.. contested.Values], onlyTexts);
    }

    /// <summary>A merge that was not carried through: it is not clean, and nobody knows where.</summary>
    public static MergeOutcome GivenUp(string reason) => new("", IsClean: false, [], OnlyTexts: false) { Reason = reason };

    /// <summary>A merge that nobody may have, because of a file.</summary>
    public static MergeOutcome Contest(string path) => new("", IsClean: false, [new ContestedFile(path)], OnlyTexts: false);

    /// <summary>One line for people.</summary>
    public string Reason { get => field ?? ReasonOf(Conflicts); private init; }

    public static string ReasonOf(IReadOnlyList<string> conflicts)
    {
        var names = string.Join(", ", conflicts.Take(MostNames).Select(path => path.Length > 60 ? "..." + path[^57..] : path));
        return $"Conflicts with the trunk{(names.Length > 0 ? " in " + names : "")}{(conflicts.Count > MostNames ? $" and {conflicts.Count - MostNames} more" : "")}";
    }
}

/// <summary>A file that conflicts: as it was, as the trunk has it, as the other commit has it. What is not there was not there.</summary>
internal sealed record ContestedFile(string Path, FileEntry? Base = null, FileEntry? Ours = null, FileEntry? Theirs = null)
{
    public ContestedFile With(string stage, FileEntry entry) => stage switch
    {
        "1" => this with { Base = entry },
        "2" => this with { Ours = entry },
        _ => this with { Theirs = entry },
    };
}
