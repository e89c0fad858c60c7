using System.Text;

namespace Vexa.Workspaces;

/// <summary>What differs between two trees, read from <c>diff-tree -r -z --raw --no-renames</c>.</summary>
internal static class Changes
{
    /// <param name="most">More files than this are not read: then the list has one more than this.</param>
    public static IReadOnlyList<Change> Parse(ReadOnlySpan<byte> output, int most = int.MaxValue)
    {
        // (":<modes and blobs> <what>", path) ...; what is not UTF-8 becomes U+FFFD, which no path rule lets pass.
        var fields = Encoding.UTF8.GetString(output).Split('\0');
        var files = new List<Change>();
        for (var at = 0; at + 1 < fields.Length && fields[at].StartsWith(':') && files.Count <= most; at += 2)
        {
            var parts = fields[at][1..].Split(' ');
            files.Add(new Change(fields[at + 1], parts[1], parts[3]) { ModeBefore = parts[0], BlobBefore = parts[2] });
        }

        return files;
    }
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
