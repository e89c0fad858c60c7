using System.Globalization;
using System.Text;

namespace Vexa.Workspaces;

/// <summary>
/// What a snapshot holds: lines of text, the first of them its version, the last of them how many objects there are, so that a part is never
/// taken for the whole. docs/backup.md has the format.
/// </summary>
/// <param name="Id">When the backup began: in their ordinal order, ids are in the order of time.</param>
/// <param name="Objects">By key.</param>
/// <param name="Files">What lies beside the bucket and belongs to the installation, by path below the data folder; small.</param>
internal sealed record SnapshotIndex(string Id, IReadOnlyDictionary<string, SnapshotObject> Objects, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files)
{
    private const string Version = "vexa-snapshot 1";
    private const string IdFormat = "yyyyMMdd'T'HHmmss.fff'Z'";
    private const int Sha256Length = 64;

    public static string NewId(DateTimeOffset at) => at.UtcDateTime.ToString(IdFormat, CultureInfo.InvariantCulture);

    /// <summary>When a snapshot was begun, from its id; null where it is no id.</summary>
    public static DateTimeOffset? TimeOf(string id) =>
        DateTimeOffset.TryParseExact(id, IdFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    public void Write(Stream to)
    {
        using var writer = new StreamWriter(to, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(Version);
        writer.WriteLine(Id);
        foreach (var (path, content) in Files.OrderBy(file => file.Key, StringComparer.Ordinal))
            writer.WriteLine($"file {Convert.ToBase64String(content.Span)} {path}");
        foreach (var (key, it) in Objects.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"object {it.Sha256} {it.Bytes} {key}"));
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"end {Objects.Count}"));
    }

    /// <exception cref="InvalidDataException">This is none.</exception>
    public static SnapshotIndex Read(Stream from)
    {
        using var reader = new StreamReader(from, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        try
        {
            if (reader.ReadLine() != Version)
                throw new InvalidDataException("its version is not known here");

            var id = reader.ReadLine() is { } named && TimeOf(named) is not null ? named : throw new InvalidDataException("it does not say when it was made");
            var objects = new Dictionary<string, SnapshotObject>(StringComparer.Ordinal);
            var files = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
            while (reader.ReadLine() is { } line)
            {
                if (line == string.Create(CultureInfo.InvariantCulture, $"end {objects.Count}"))
                    return reader.Read() < 0 ? new SnapshotIndex(id, objects, files) : throw new InvalidDataException("something follows its end");
                if (!TryReadObject(line, objects) && !TryReadFile(line, files))
                    throw new InvalidDataException("a line names neither an object nor a file");
            }
        }
        catch (DecoderFallbackException fault)
        {
            throw new InvalidDataException("it is not text", fault);
        }

        throw new InvalidDataException("it is cut off");
    }

    private static bool TryReadObject(string line, Dictionary<string, SnapshotObject> objects) =>
        line.Split(' ') is ["object", var sha256, var bytes, var key] && sha256.Length == Sha256Length && sha256.All(char.IsAsciiHexDigitLower)
        && long.TryParse(bytes, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && BucketKey.IsKey(key)
        && objects.TryAdd(key, new SnapshotObject(sha256, length));

    private static bool TryReadFile(string line, Dictionary<string, ReadOnlyMemory<byte>> files)
    {
        if (line.Split(' ') is not ["file", var base64, var path] || !BucketKey.IsKey(path))
            return false;

        var content = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, content, out var length) && files.TryAdd(path, content.AsMemory(0, length));
    }
}

/// <summary>An object as it lies in the bucket: sealed.</summary>
internal readonly record struct SnapshotObject(string Sha256, long Bytes);
