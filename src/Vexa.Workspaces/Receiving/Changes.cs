using System.Globalization;
using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>What differs between two trees, read from <c>diff-tree -r -z --raw --numstat --no-renames</c>.</summary>
internal sealed record Changes(IReadOnlyList<Change> Files, int Insertions, int Deletions)
{
    /// <summary>Reads what <c>diff-tree --stdin --always</c> says of each of the commits that it was given.</summary>
    public static IReadOnlyList<Changes> ParseAll(ReadOnlySpan<byte> output)
    {
        // "<commit>", then as for one: (":<modes and blobs> <what>", path) ..., ("<insertions>\t<deletions>\t<path>") ...
        var fields = Encoding.UTF8.GetString(output).Split('\0');
        var all = new List<Changes>();
        for (var at = 0; at < fields.Length && Sha.IsValid(fields[at]);)
        {
            at++;
            all.Add(Parse(fields, ref at, int.MaxValue));
        }

        return all;
    }

    /// <param name="most">More files than this are not read: then the list has one more than this.</param>
    public static Changes Parse(ReadOnlySpan<byte> output, int most = int.MaxValue)
    {
        // What is not UTF-8 becomes U+FFFD, which no path rule lets pass.
        var at = 0;
        return Parse(Encoding.UTF8.GetString(output).Split('\0'), ref at, most);
    }

    /// <summary>The result of a commit that changes this.</summary>
    public CommitResult CountedIn(CommitResult result) => result with { Files = Files.Count, Insertions = Insertions, Deletions = Deletions };

    private static Changes Parse(string[] fields, ref int at, int most)
    {
        var files = new List<Change>();
        for (; at + 1 < fields.Length && fields[at].StartsWith(':') && files.Count <= most; at += 2)
        {
            var parts = fields[at][1..].Split(' ');
            files.Add(new Change(fields[at + 1], parts[1], parts[3]) { ModeBefore = parts[0], BlobBefore = parts[2] });
        }

        int insertions = 0, deletions = 0;
        for (; at < fields.Length && fields[at].Contains('\t', StringComparison.Ordinal); at++)
        {
            var parts = fields[at].Split('\t', 3);
            insertions = Add(insertions, parts[0]);
            deletions = Add(deletions, parts.Length > 1 ? parts[1] : "-");
        }

        return new Changes(files, insertions, deletions);
    }

    // "-" stands for a binary file.
    private static int Add(int sum, string count) =>
        int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var lines) ? (int)Math.Min((long)sum + lines, int.MaxValue) : sum;
}

/// <param name="Mode">As it is afterwards; <see cref="Gone"/> where the file was removed.</param>
/// <param name="Blob">As it is afterwards.</param>
internal sealed record Change(string Path, string Mode, string Blob)
{
    /// <summary><see cref="Gone"/> where the file is new.</summary>
    public required string ModeBefore { get; init; }
    public required string BlobBefore { get; init; }

    public FileEntry? Before => ModeBefore == Gone ? null : new FileEntry(ModeBefore, BlobBefore);

    public FileEntry? After => Mode == Gone ? null : new FileEntry(Mode, Blob);

    public const string Gone = "000000";
    public const string File = "100644";
    public const string Executable = "100755";
    public const string Link = "120000";
    public const string Submodule = "160000";
}

/// <summary>What a path is in a tree, unless it is a folder.</summary>
internal readonly record struct FileEntry(string Mode, string Blob);
