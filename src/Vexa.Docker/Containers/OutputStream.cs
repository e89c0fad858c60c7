using System.Buffers.Binary;

namespace Vexa.Docker.Containers;

/// <summary>
/// Standard output and error of a container without a terminal: frames of one byte for the stream, three of nothing, four for the
/// length (big endian), and that many bytes.
/// </summary>
public sealed class OutputStream : IAsyncDisposable
{
    private const int HeaderLength = 8;
    private readonly Stream _frames;
    private readonly byte[] _header = new byte[HeaderLength];
    private uint _left;

    internal OutputStream(Stream frames) => _frames = frames;

    /// <summary>
    /// The next bytes that were written, of either stream, in the order in which the engine saw them; 0 where it has ended or was
    /// cut off.
    /// </summary>
    public async ValueTask<int> Read(Memory<byte> buffer, CancellationToken ct)
    {
        try
        {
            // A frame may be empty.
            while (_left == 0)
            {
                if (await _frames.ReadAtLeastAsync(_header, HeaderLength, throwOnEndOfStream: false, ct) < HeaderLength)
                    return 0;

                _left = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(4));
            }

            var read = await _frames.ReadAsync(buffer[..(int)Math.Min(_left, (uint)buffer.Length)], ct);
            _left -= (uint)read;
            return read;
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException)
        {
            return 0;
        }
    }

    public ValueTask DisposeAsync() => _frames.DisposeAsync();
}
