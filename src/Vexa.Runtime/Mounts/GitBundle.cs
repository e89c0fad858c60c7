using System.Text;

namespace Vexa.Runtime.Mounts;

/// <summary>The head of a git bundle (gitformat-bundle(5)): refs in plain text, a blank line, then a pack.</summary>
internal static class GitBundle
{
    private const int LongestHead = 64 * 1024;

    /// <summary>Reads up to the pack, which the stream then stands at.</summary>
    /// <returns>The commit that <paramref name="reference"/> names.</returns>
    /// <exception cref="InvalidDataException">It is no bundle, not a full one, or has no such ref.</exception>
    public static async Task<string> ReadHead(Stream bundle, string reference, CancellationToken ct)
    {
        var lines = await ReadLines(bundle, ct);
        if (lines is not ["# v2 git bundle", ..])
            throw new InvalidDataException("not a version 2 git bundle");

        string? commit = null;
        foreach (var line in lines.Skip(1))
        {
            if (line.StartsWith('-'))
                throw new InvalidDataException("the bundle needs commits that it does not bring");

            if (line.Split(' ', 2) is [var sha, var name] && name == reference)
                commit = sha;
        }

        return commit ?? throw new InvalidDataException($"the bundle has no {reference}");
    }

    // Byte by byte: what comes after the blank line belongs to whoever reads the pack.
    private static async Task<List<string>> ReadLines(Stream bundle, CancellationToken ct)
    {
        var lines = new List<string>();
        var line = new List<byte>();
        var one = new byte[1];
        for (var read = 0; read < LongestHead; read++)
        {
            await bundle.ReadExactlyAsync(one, ct);
            if (one[0] != '\n')
            {
                line.Add(one[0]);
                continue;
            }

            if (line.Count == 0)
                return lines;

            lines.Add(Encoding.UTF8.GetString([.. line]));
            line.Clear();
        }

        throw new InvalidDataException("the bundle's head is too long");
    }
}
