using System.Collections.Concurrent;
using System.Security.Cryptography;
using Amazon.S3.Model;

namespace Vexa.Workspaces;

/// <summary>
/// The mark of a put and of those before it, as each object carries them: who lost an answer, and finds something else than it put, sees
/// whether that came before or after it.
/// </summary>
/// <remarks>Equal content would not tell: of two who create the same, one must hear that it was not the first.</remarks>
internal sealed class PutLine
{
    private const string Header = "vexa-line";
    private const int Generations = 24;
    private const int MostRemembered = 4096;

    // What was read is what may be replaced next.
    private readonly ConcurrentDictionary<string, (string ETag, string Line)> _read = new(StringComparer.Ordinal);

    /// <summary>A new mark, before those of what is to be replaced, as far as they are known.</summary>
    public string Continue(string key, PutCondition condition)
    {
        var mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        return condition.ETag is { } etag && _read.TryGetValue(key, out var read) && read.ETag == etag
            ? string.Join(',', read.Line.Split(',', StringSplitOptions.RemoveEmptyEntries).Take(Generations - 1).Prepend(mark))
            : mark;
    }

    public static void Write(MetadataCollection metadata, string line) => metadata.Add(Header, line);

    public static string Read(MetadataCollection metadata) => metadata[Header] ?? "";

    public void Remember(string key, string etag, string line)
    {
        // Forgetting only makes a lost answer harder to explain.
        if (_read.Count >= MostRemembered)
            _read.Clear();
        _read[key] = (etag, line);
    }

    /// <summary>What lies there is what was put under this line.</summary>
    public static bool IsSame(string there, string line) => there == line;

    /// <summary>It was put after what was put under this line.</summary>
    public static bool IsAfter(string there, string line) => Marks(there).Contains(Marks(line)[0]);

    /// <summary>It took the place of what this line was to replace.</summary>
    public static bool TookItsPlace(string there, string line) => !IsAfter(there, line) && Marks(line) is [_, var before, ..] && Marks(there).Contains(before);

    private static string[] Marks(string line) => line.Split(',');
}
