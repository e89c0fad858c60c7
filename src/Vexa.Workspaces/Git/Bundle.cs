using System.Buffers.Binary;
using System.Text;

namespace Vexa.Workspaces;

/// <summary>The head of a git bundle (gitformat-bundle(5), version 2): what it needs, what it brings; the pack follows.</summary>
/// <param name="Objects">As the pack claims.</param>
internal sealed record Bundle(IReadOnlyList<string> Prerequisites, IReadOnlyList<BundleRef> Refs, long Objects)
{
    private const string Signature = "# v2 git bundle";
    private const int LongestLine = 2048;
    private const int MostLines = 64;
    private const int MostForeignLines = 100_000;

    /// <summary>Reads the head of a bundle of an agent's, and leaves the stream at the pack.</summary>
    /// <exception cref="InvalidDataException">This is no bundle that we take.</exception>
    public static Bundle Read(Stream stream) => Read(stream, MostLines);

    /// <summary>The same for one of ours, which names as many commits as it has to.</summary>
    public static Bundle ReadOurs(Stream stream) => Read(stream, int.MaxValue);

    /// <summary>The same for one that a person made of a repository, which may have many branches and tags.</summary>
    public static Bundle ReadForeign(Stream stream) => Read(stream, MostForeignLines);

    private static Bundle Read(Stream stream, int mostLines)
    {
        var prerequisites = new List<string>();
        var refs = new List<BundleRef>();
        if (ReadLine(stream) != Signature)
            throw new InvalidDataException("not a git bundle of version 2");

        for (var lines = 0; ReadLine(stream) is { Length: > 0 } line; lines++)
        {
            if (lines == mostLines)
                throw new InvalidDataException("too many lines");

            if (line[0] == '-')
                prerequisites.Add(ShaAt(line, 1));
            else if (line.Length > Sha.Length + 1)
                refs.Add(new BundleRef(ShaAt(line, 0), line[(Sha.Length + 1)..]));
            else
                throw new InvalidDataException("a line is too short");
        }

        return new Bundle(prerequisites, refs, CountObjects(stream));
    }

    /// <summary>Writes the head; the caller writes the pack after it.</summary>
    public static ReadOnlyMemory<byte> Head(IEnumerable<string> prerequisites, IEnumerable<BundleRef> refs) =>
        Encoding.UTF8.GetBytes($"{Signature}\n{string.Concat(prerequisites.Select(p => $"-{p} \n"))}{string.Concat(refs.Select(r => $"{r.Commit} {r.Name}\n"))}\n");

    /// <summary>What the pack that begins here claims (gitformat-pack(5)); the stream stays where it is.</summary>
    /// <exception cref="InvalidDataException">No pack begins here.</exception>
    public static long CountObjects(Stream stream)
    {
        var head = new byte[12];
        var start = stream.Position;
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.AsSpan().StartsWith("PACK"u8))
            throw new InvalidDataException("no pack follows");

        stream.Position = start;
        return BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(8));
    }

    private static string ShaAt(string line, int start)
    {
        var end = start + Sha.Length;
        return line.Length >= end && Sha.IsValid(line[start..end]) && (line.Length == end || line[end] == ' ')
            ? line[start..end]
            : throw new InvalidDataException("a line does not name an object");
    }

    private static string ReadLine(Stream stream)
    {
        var line = new List<byte>();
        for (int next; (next = stream.ReadByte()) != '\n'; line.Add((byte)next))
            if (next < 0 || line.Count == LongestLine)
                throw new InvalidDataException("a line does not end");

        return Encoding.Latin1.GetString([.. line]);
    }
}

internal sealed record BundleRef(string Commit, string Name);
