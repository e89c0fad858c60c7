using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Vexa.Workspaces;

/// <summary>An object that is in no pack, as git keeps it: compressed, in a file named after its hash. One of ours is written without starting git.</summary>
internal static class LooseObject
{
    /// <summary>Writes a commit into a folder of objects of our own.</summary>
    /// <returns>Its name.</returns>
    public static string WriteCommit(string objects, ReadOnlySpan<byte> content)
    {
        byte[] whole = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"commit {content.Length}\0")), .. content];
        var sha = Name(whole);
        var folder = Path.Combine(objects, sha[..2]);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(folder, sha[2..]);
        var temporary = $"{path}.{Guid.NewGuid():N}";
        using (var file = new ZLibStream(File.Create(temporary), CompressionLevel.Fastest))
            file.Write(whole);

        // A git that runs sees all of it or nothing.
        File.Move(temporary, path, overwrite: true);
        return sha;
    }

#pragma warning disable CA5350 // It is git's name for the object, and what git reads under it git hashes again.
    private static string Name(ReadOnlySpan<byte> whole) => Convert.ToHexStringLower(SHA1.HashData(whole));
#pragma warning restore CA5350
}
