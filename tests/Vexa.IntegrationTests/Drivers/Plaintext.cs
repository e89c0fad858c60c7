using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Vexa.IntegrationTests.Drivers;

/// <summary>
/// Searches a folder for what should not be there in clear: a text in the names or bytes of files or in what zlib has made of them, as in git's
/// objects, and whatever git itself would know for its own.
/// </summary>
internal static class Plaintext
{
    private const int LongestInflated = 1024 * 1024;
    private static readonly byte[][] Marks = ["# v2 git bundle"u8.ToArray(), "# v3 git bundle"u8.ToArray(), [.. "PACK"u8, 0, 0, 0, 2], [.. "PACK"u8, 0, 0, 0, 3]];

    /// <summary>Files that have the text in their name or, as it is, in their bytes.</summary>
    public static List<string> Find(string folder, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        return [.. Files(folder).Where(file => file.Path.Contains(text, StringComparison.Ordinal) || file.Content.AsSpan().IndexOf(bytes) >= 0).Select(file => file.Path)];
    }

    /// <summary>Files that have the text somewhere in a zlib stream (RFC 1950).</summary>
    public static List<string> FindDeflated(string folder, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        return [.. Files(folder).Where(file => HasDeflated(file.Content, bytes)).Select(file => file.Path)];
    }

    /// <summary>Files that are, or hold, a pack or a bundle of git.</summary>
    public static List<string> FindPacks(string folder) =>
        [.. Files(folder).Where(file => Array.Exists(Marks, mark => file.Content.AsSpan().IndexOf(mark) >= 0)).Select(file => file.Path)];

    /// <summary>Files that do not begin with these bytes; one that is still being written has some of them.</summary>
    public static List<string> FindOthersThan(string folder, ReadOnlySpan<byte> magic)
    {
        var found = new List<string>();
        foreach (var (path, content) in Files(folder))
            if (!magic.StartsWith(content.AsSpan(0, Math.Min(content.Length, magic.Length))))
                found.Add(path);

        return found;
    }

    // What is not a plain file holds nothing: sockets, and mounts of containers.
    private static IEnumerable<(string Path, byte[] Content)> Files(string folder)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true }))
            yield return (file.FullName, file.Exists && file.Length > 0 ? Read(file.FullName) : []);
    }

    private static bool HasDeflated(byte[] content, byte[] text)
    {
        for (var at = 0; at + 2 < content.Length; at++)
            if (content[at] == 0x78 && BinaryPrimitives.ReadUInt16BigEndian(content.AsSpan(at)) % 31 == 0 && Inflate(content, at).AsSpan().IndexOf(text) >= 0)
                return true;

        return false;
    }

    private static byte[] Inflate(byte[] content, int at)
    {
        using var inflated = new MemoryStream();
        try
        {
            using var stream = new ZLibStream(new MemoryStream(content, at, content.Length - at), CompressionMode.Decompress);
            var buffer = new byte[8192];
            while (inflated.Length < LongestInflated && stream.Read(buffer) is > 0 and var read)
                inflated.Write(buffer, 0, read);
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException)
        {
            // It was none, or it ends in the middle: what came out counts.
        }

        return inflated.ToArray();
    }

    private static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            // It went meanwhile, as temporary files do.
            return [];
        }
    }
}
