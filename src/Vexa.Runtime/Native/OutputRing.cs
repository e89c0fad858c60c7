namespace Vexa.Runtime.Native;

/// <summary>The last 64 KiB of what a process wrote. Safe to use from any thread.</summary>
internal sealed class OutputRing
{
    public const int Capacity = 64 * 1024;

    private readonly Lock _lock = new();
    private byte[] _bytes = [];
    private long _written;

    /// <summary>How much was written in all, also what is forgotten by now.</summary>
    public long Written
    {
        get
        {
            lock (_lock)
                return _written;
        }
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            if (data.Length > Capacity)
            {
                _written += data.Length - Capacity;
                data = data[^Capacity..];
            }

            // Most containers write little or nothing: the ring is not there before it is needed.
            if (_bytes.Length < Capacity)
                Array.Resize(ref _bytes, (int)Math.Min(Capacity, Math.Max(_bytes.Length * 2, _written + data.Length)));

            var at = (int)(_written % Capacity);
            var first = Math.Min(data.Length, Capacity - at);
            data[..first].CopyTo(_bytes.AsSpan(at));
            data[first..].CopyTo(_bytes);
            _written += data.Length;
        }
    }

    /// <summary>What is kept, oldest first.</summary>
    public byte[] Snapshot()
    {
        lock (_lock)
        {
            if (_written <= Capacity)
                return _bytes.AsSpan(0, (int)_written).ToArray();

            var at = (int)(_written % Capacity);
            return [.. _bytes.AsSpan(at), .. _bytes.AsSpan(0, at)];
        }
    }
}
