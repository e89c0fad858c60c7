using System.Buffers;
using System.Security.Cryptography;

namespace Vexa.Workspaces;

/// <summary>Reads plain content as its sealed object, a chunk at a time: memory does not grow with the content.</summary>
internal sealed class SealingStream : Stream
{
    private readonly Stream _plain;
    private readonly byte[] _header = SealedFormat.NewHeader();
    private readonly AesGcm _cipher;

    // One byte more than a chunk tells whether another chunk follows.
    private readonly byte[] _held = ArrayPool<byte>.Shared.Rent(SealedFormat.Chunk + 1);
    private byte[]? _spare;
    private ReadOnlyMemory<byte> _ready;
    private int _count;
    private long _number;
    private bool _isDone;
    private bool _isDisposed;

    public SealingStream(Stream plain, ObjectSeal seal, string objectKey)
    {
        _plain = plain;
        _cipher = SealedFormat.Cipher(seal, objectKey, _header);
        _ready = _header;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (TakeReady(buffer.Span) is > 0 and var ready)
            return ready;
        if (_isDone || buffer.IsEmpty)
            return 0;

        _count += await _plain.ReadAtLeastAsync(_held.AsMemory(_count, SealedFormat.Chunk + 1 - _count), SealedFormat.Chunk + 1 - _count, throwOnEndOfStream: false, cancellationToken);
        return Produce(buffer.Span);
    }

    public override int Read(Span<byte> buffer)
    {
        if (TakeReady(buffer) is > 0 and var ready)
            return ready;
        if (_isDone || buffer.IsEmpty)
            return 0;

        _count += _plain.ReadAtLeast(_held.AsSpan(_count, SealedFormat.Chunk + 1 - _count), SealedFormat.Chunk + 1 - _count, throwOnEndOfStream: false);
        return Produce(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>The content stays open: it is its owner's.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _cipher.Dispose();
            ArrayPool<byte>.Shared.Return(_held, clearArray: true);
            if (_spare is not null)
                ArrayPool<byte>.Shared.Return(_spare);
        }

        base.Dispose(disposing);
    }

    private int TakeReady(Span<byte> buffer)
    {
        var count = Math.Min(_ready.Length, buffer.Length);
        _ready.Span[..count].CopyTo(buffer);
        _ready = _ready[count..];
        return count;
    }

    private int Produce(Span<byte> buffer)
    {
        _isDone = _count <= SealedFormat.Chunk;
        var length = Math.Min(_count, SealedFormat.Chunk);
        var sealedLength = length + SealedFormat.TagLength;
        var into = buffer.Length >= sealedLength ? buffer : _spare ??= ArrayPool<byte>.Shared.Rent(SealedFormat.SealedChunk);
        SealedFormat.SealChunk(_cipher, _header, new(_number++, _isDone), _held.AsSpan(0, length), into);
        _held[0] = _held[length];
        _count -= length;
        if (buffer.Length >= sealedLength)
            return sealedLength;

        _ready = _spare.AsMemory(0, sealedLength);
        return TakeReady(buffer);
    }
}
