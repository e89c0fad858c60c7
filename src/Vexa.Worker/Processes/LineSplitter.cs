namespace Vexa.Worker.Processes;

/// <summary>
/// Cuts a stream of bytes into lines. A line beyond <see cref="MaxLine"/> is handed over cut and the rest of it is dropped, so memory
/// stays flat whatever comes.
/// </summary>
internal sealed class LineSplitter(LineSplitter.LineHandler onLine)
{
    public const int MaxLine = 1024 * 1024;

    private byte[] _line = new byte[4096];
    private int _length;
    private bool _cut;

    public delegate void LineHandler(ReadOnlySpan<byte> line, bool cut);

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        for (var at = bytes.IndexOf((byte)'\n'); at >= 0; at = bytes.IndexOf((byte)'\n'))
        {
            Keep(bytes[..at]);
            Emit();
            bytes = bytes[(at + 1)..];
        }

        Keep(bytes);
    }

    /// <summary>The stream ended: what is left is a line too.</summary>
    public void Complete()
    {
        if (_length > 0 || _cut)
            Emit();
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        var room = MaxLine - _length;
        _cut |= bytes.Length > room;
        bytes = bytes[..Math.Min(bytes.Length, room)];
        if (_length + bytes.Length > _line.Length)
            Array.Resize(ref _line, Math.Min(MaxLine, Math.Max(_line.Length * 2, _length + bytes.Length)));
        bytes.CopyTo(_line.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Emit()
    {
        onLine(_line.AsSpan(0, _length), _cut);
        (_length, _cut) = (0, false);
    }
}
