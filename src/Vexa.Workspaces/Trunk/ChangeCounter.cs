using System.Globalization;
using System.Text;

namespace Vexa.Workspaces;

/// <summary>
/// Counts what <c>diff-tree --stdin --always -r -z --no-renames</c> tells of each of the commits that it was given, with <c>--numstat</c> or
/// <c>--raw</c>, while it comes: paths can be long and many, and none of them is kept.
/// </summary>
internal sealed class ChangeCounter : Stream
{
    // Longer than everything that is counted by; what follows in a record is a path.
    private const int LongestKept = 64;

    private readonly List<ChangeCount> _counts = [];
    private readonly byte[] _record = new byte[LongestKept];
    private int _length;
    private bool _isPath;

    /// <summary>In the order of the commits.</summary>
    public IReadOnlyList<ChangeCount> Counts => _counts;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.IndexOf((byte)0) is >= 0 and var end)
        {
            Keep(buffer[..end]);
            Count(Encoding.Latin1.GetString(_record, 0, _length));
            _length = 0;
            buffer = buffer[(end + 1)..];
        }

        Keep(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    public override void Flush() => throw new NotSupportedException();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    private void Keep(ReadOnlySpan<byte> part)
    {
        var fits = part[..Math.Min(part.Length, LongestKept - _length)];
        fits.CopyTo(_record.AsSpan(_length));
        _length += fits.Length;
    }

    // "<commit>", then "<insertions>\t<deletions>\t<path>" of each file, or ":<modes and blobs> <what>" and "<path>".
    private void Count(string record)
    {
        if (_isPath)
            _isPath = false;
        else if (Sha.IsValid(record))
            _counts.Add(default);
        else if (record.StartsWith(':'))
            (_isPath, _counts[^1]) = (true, _counts[^1] with { Files = _counts[^1].Files + 1 });
        else if (record.Split('\t', 3) is [var insertions, var deletions, _])
            _counts[^1] = new ChangeCount(_counts[^1].Files + 1, Add(_counts[^1].Insertions, insertions), Add(_counts[^1].Deletions, deletions));
    }

    // "-" stands for a binary file.
    private static int Add(int sum, string count) =>
        int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var lines) ? (int)Math.Min((long)sum + lines, int.MaxValue) : sum;
}
