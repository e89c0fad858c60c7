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
        return Encoding.ASCII.GetString(rest[..end]).Split(' ') is [_, var type, var size]
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
}
