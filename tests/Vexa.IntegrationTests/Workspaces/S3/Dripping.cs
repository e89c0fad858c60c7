namespace Vexa.IntegrationTests.Workspaces.S3;

/// <summary>A stream of unknown length that gives a little at a time, and may break.</summary>
internal sealed class Dripping(byte[] content, int breaksAt = int.MaxValue) : Stream
{
    private const int Drop = 70_001;
    private int _at;

    public Func<Exception> Fault { get; init; } = () => new InvalidDataException("It broke.");

    public Action<int> At { get; init; } = _ => { };

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        At(_at);
        if (_at >= breaksAt)
            throw Fault();

        var read = Math.Min(Math.Min(count, Drop), content.Length - _at);
        content.AsSpan(_at, read).CopyTo(buffer.AsSpan(offset));
        _at += read;
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
