namespace Vexa.Worker.Processes;

/// <summary>Keeps the last bytes of what was written to it.</summary>
internal sealed class TailBuffer(int capacity)
{
    private readonly byte[] _ring = new byte[capacity];
    private readonly Lock _gate = new();
    private long _written;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _written += Math.Max(0, bytes.Length - capacity);
            bytes = bytes[Math.Max(0, bytes.Length - capacity)..];
            foreach (var b in bytes)
                _ring[_written++ % capacity] = b;
        }
    }

    public byte[] ToArray()
    {
        lock (_gate)
        {
            var kept = (int)Math.Min(_written, capacity);
            var tail = new byte[kept];
            for (var i = 0; i < kept; i++)
                tail[i] = _ring[(_written - kept + i) % capacity];
            return tail;
        }
    }
}
