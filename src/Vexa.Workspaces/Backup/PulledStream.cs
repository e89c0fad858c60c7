using System.IO.Pipelines;
using System.Runtime.ExceptionServices;

namespace Vexa.Workspaces;

/// <summary>
/// Reads what a call writes, in constant memory. What goes wrong in the call is thrown where its end would be read, so that whoever puts
/// this stream into a bucket puts nothing.
/// </summary>
internal sealed class PulledStream : Stream
{
    private readonly Pipe _pipe = new();
    private readonly Stream _reading;
    private readonly Task _writing;
    private Exception? _fault;

    public PulledStream(Func<Stream, Task> write)
    {
        _reading = _pipe.Reader.AsStream(leaveOpen: true);
        _writing = Write(write);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _reading.ReadAsync(buffer, cancellationToken);
        if (read == 0 && !buffer.IsEmpty)
        {
            await _writing;
            if (_fault is { } fault)
                ExceptionDispatchInfo.Throw(fault);
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Nobody reads on: the call ends, and its fault is nobody's.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _pipe.Reader.CompleteAsync();
        await _writing;
        await base.DisposeAsync();
    }

    private async Task Write(Func<Stream, Task> write)
    {
        try
        {
            await write(new Refusing(_pipe.Writer));
        }
        catch (Exception fault)
        {
            _fault = fault;
        }

        await _pipe.Writer.CompleteAsync();
    }

    /// <summary>Fails where nobody reads any more.</summary>
    private sealed class Refusing(PipeWriter to) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if ((await to.WriteAsync(buffer, cancellationToken)).IsCompleted)
                throw new OperationCanceledException("Nobody reads it any more.");
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
