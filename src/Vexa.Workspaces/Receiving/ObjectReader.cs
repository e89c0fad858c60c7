using System.Globalization;
using System.Text;

namespace Vexa.Workspaces;

/// <summary>The answers of one <c>cat-file --batch-command</c>, in the order of the questions.</summary>
internal sealed class ObjectReader(ReadOnlyMemory<byte> output)
{
    private int _at;

    /// <summary>Answer to <c>info</c>; null where there is no such object.</summary>
    public (string Type, long Size)? Info()
    {
        var rest = output.Span[_at..];
        var end = rest.IndexOf((byte)'\n');
        if (end < 0)
            throw new InvalidDataException("git answered less than it was asked.");

        _at += end + 1;
        // Who asked by a path is told "<what was asked> missing", whatever words that has.
        return Encoding.ASCII.GetString(rest[..end]).Split(' ') is [var sha, var type, var size] && Sha.IsValid(sha)
            ? (type, long.Parse(size, NumberStyles.None, CultureInfo.InvariantCulture))
            : null;
    }

    /// <summary>Answer to <c>contents</c>; null where there is no such object.</summary>
    public (string Type, ReadOnlyMemory<byte> Content)? Contents()
    {
        if (Info() is not { } info)
            return null;

        var content = output.Slice(_at, (int)info.Size);
        _at += content.Length + 1;
        return (info.Type, content);
    }

    /// <summary>Answer to <c>contents</c> of a folder: the names in it, as far as there is one.</summary>
    public IReadOnlyList<string> Names()
    {
        var names = new List<string>();
        var rest = Contents() is ("tree", var content) ? content : default;
        while (rest.Length > 0)
        {
            // "<mode> <name>\0<20 bytes>"
            var (start, end) = (rest.Span.IndexOf((byte)' ') + 1, rest.Span.IndexOf((byte)0));
            names.Add(Encoding.UTF8.GetString(rest.Span[start..end]));
            rest = rest[(end + 1 + Sha.Length / 2)..];
        }

        return names;
    }
}
