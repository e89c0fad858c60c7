using Vexa.Contracts;

namespace Vexa.Hosting;

/// <summary>Reads a body that may be this long and no longer.</summary>
/// <param name="most">In bytes; what is read beyond it is a <see cref="VexaException"/>, 413 <c>body-too-large</c>.</param>
public sealed class BoundedStream(Stream inner, long most) : Stream
{
    private long _read;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        return (_read += read) <= most
            ? read
            : throw new VexaException(Stage.Request, Party.Caller, "body-too-large", $"The body is larger than {most} bytes.", "Send less at once.") { Status = 413 };
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Flush() => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
