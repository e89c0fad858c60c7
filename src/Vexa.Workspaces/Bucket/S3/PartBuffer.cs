using System.Buffers;

namespace Vexa.Workspaces;

/// <summary>Holds one piece of a stream of unknown length, no more memory than it needs.</summary>
internal sealed class PartBuffer(int size) : IDisposable
{
    private const int Least = 64 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Math.Min(Least, size));

    public int Count { get; private set; }

    /// <summary>Reads the next piece.</summary>
    /// <returns>Whether it is full, so that there may be more.</returns>
    public async Task<bool> Fill(Stream content, CancellationToken ct)
    {
        Count = 0;
        while (Count < size)
        {
            if (Count == _bytes.Length)
                Grow();
            var read = await content.ReadAsync(_bytes.AsMemory(Count, Math.Min(_bytes.Length, size) - Count), ct);
            if (read == 0)
                return false;
            Count += read;
        }

        return true;
    }

    /// <summary>The piece, from its start.</summary>
    public Stream Open() => new MemoryStream(_bytes, 0, Count, writable: false);

    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(_bytes.Length * 2, size));
        _bytes.AsSpan(0, Count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
