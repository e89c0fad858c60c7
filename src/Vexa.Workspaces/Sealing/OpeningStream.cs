using System.Buffers;
using System.Security.Cryptography;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Takes a sealed object and passes its content on, a chunk at a time: never a byte of a chunk that is not verified. Only after
/// <see cref="Finish"/> is the content known to be whole.
/// </summary>
internal sealed class OpeningStream(Stream plain, ObjectSeal seal, string objectKey) : Stream
{
    private readonly byte[] _held = ArrayPool<byte>.Shared.Rent(SealedFormat.SealedChunk);
    private readonly byte[] _opened = ArrayPool<byte>.Shared.Rent(SealedFormat.Chunk);
    private readonly byte[] _header = new byte[SealedFormat.HeaderLength];
    private AesGcm? _cipher;
    private int _headerCount;
    private int _count;
    private long _number;
    private bool _isDisposed;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="VexaException"><c>not-sealed</c>, <c>object-damaged</c>.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        buffer = buffer[TakeHeader(buffer.Span)..];
        while (!buffer.IsEmpty)
        {
            // More follows, so this one was not the last.
            if (_count == SealedFormat.SealedChunk)
                await plain.WriteAsync(_opened.AsMemory(0, Open(isLast: false)), cancellationToken);

            buffer = buffer[Hold(buffer.Span)..];
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        buffer = buffer[TakeHeader(buffer)..];
        while (!buffer.IsEmpty)
        {
            if (_count == SealedFormat.SealedChunk)
                plain.Write(_opened.AsSpan(0, Open(isLast: false)));

            buffer = buffer[Hold(buffer)..];
        }
    }

    /// <summary>Passes the last chunk on: the object ends here.</summary>
    /// <exception cref="VexaException"><c>not-sealed</c>, <c>object-damaged</c>.</exception>
    public async Task Finish(CancellationToken ct)
    {
        if (_cipher is null)
            throw SealedFormat.IsSealed(_header.AsSpan(0, _headerCount)) ? SealingFailures.Damaged(objectKey, "it is cut off in its header") : SealingFailures.NotSealed(objectKey);

        await plain.WriteAsync(_opened.AsMemory(0, Open(isLast: true)), ct);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>The destination stays open: it is its owner's.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _cipher?.Dispose();
            ArrayPool<byte>.Shared.Return(_held);
            ArrayPool<byte>.Shared.Return(_opened, clearArray: true);
        }

        base.Dispose(disposing);
    }

    private int TakeHeader(ReadOnlySpan<byte> buffer)
    {
        if (_cipher is not null)
            return 0;

        var taken = Math.Min(buffer.Length, SealedFormat.HeaderLength - _headerCount);
        buffer[..taken].CopyTo(_header.AsSpan(_headerCount));
        _headerCount += taken;
        if (_headerCount < SealedFormat.HeaderLength)
            return taken;
        if (!SealedFormat.IsSealed(_header))
            throw SealingFailures.NotSealed(objectKey);
        if (!SealedFormat.IsKnownVersion(_header))
            throw SealingFailures.Damaged(objectKey, "its version is not known here");

        _cipher = SealedFormat.Cipher(seal, objectKey, _header);
        return taken;
    }

    private int Hold(ReadOnlySpan<byte> buffer)
    {
        var taken = Math.Min(buffer.Length, SealedFormat.SealedChunk - _count);
        buffer[..taken].CopyTo(_held.AsSpan(_count));
        _count += taken;
        return taken;
    }

    private int Open(bool isLast)
    {
        var chunk = _held.AsSpan(0, _count);
        if (!TryOpen(chunk, isLast))
            throw SealingFailures.Damaged(objectKey, Diagnose(chunk, isLast));

        // An object has no empty end, unless it is empty: so it has one form only.
        if (isLast && _number > 0 && _count == SealedFormat.TagLength)
            throw SealingFailures.Damaged(objectKey, "it ends in an empty chunk");

        var length = _count - SealedFormat.TagLength;
        (_count, _number) = (0, _number + 1);
        return length;
    }

    // For people: the same chunk at the other kind of place tells where the fault lies. What it opens to goes nowhere.
    private string Diagnose(ReadOnlySpan<byte> chunk, bool isLast)
    {
        if (isLast && chunk.IsEmpty)
            return "it is cut off after its header";
        if (isLast && TryOpen(chunk, isLast: false))
            return $"it is cut off after chunk {_number + 1}";
        if (!isLast && TryOpen(chunk, isLast: true))
            return $"something follows its end, chunk {_number + 1}";

        return $"chunk {_number + 1} is not what was sealed there";
    }

    private bool TryOpen(ReadOnlySpan<byte> chunk, bool isLast) => SealedFormat.TryOpenChunk(_cipher!, _header, new(_number, isLast), chunk, _opened);
}
