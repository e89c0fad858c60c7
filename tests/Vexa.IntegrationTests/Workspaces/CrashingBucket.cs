using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>At which moment of a call its process dies.</summary>
public enum Moment
{
    /// <summary>Nothing of it happened.</summary>
    Before,

    /// <summary>Half of what was to be read or written went over.</summary>
    Within,

    /// <summary>It happened, and nobody was told.</summary>
    After,
}

/// <summary>The bucket of a process that dies at its n-th call, counted from when it is armed: from then on nothing works any more.</summary>
internal sealed class CrashingBucket(IBucket inner) : IBucket
{
    private int _left = int.MaxValue;
    private Moment _moment;

    public bool Crashed { get; private set; }

    /// <param name="call">1 is the next one.</param>
    public void Arm(int call, Moment moment) => (_left, _moment) = (call, moment);

    public Task<BucketObject?> Get(string key, CancellationToken ct) => Call(() => inner.Get(key, ct));

    public Task<bool> CopyTo(string key, Stream destination, CancellationToken ct) =>
        Call(() => inner.CopyTo(key, destination, ct), within: async () =>
        {
            using var whole = new MemoryStream();
            await inner.CopyTo(key, whole, ct);
            await destination.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length / 2), ct);
        });

    public Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct) =>
        Call(() => inner.Put(key, content, condition, ct), within: () => inner.Put(key, new HalfStream(content), condition, ct));

    public Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct) => Call(() => inner.List(prefix, ct));

    public Task Delete(string key, CancellationToken ct) => Call(async () =>
    {
        await inner.Delete(key, ct);
        return true;
    });

    private async Task<T> Call<T>(Func<Task<T>> call, Func<Task>? within = null)
    {
        if (Crashed)
            throw Dead();
        if (Interlocked.Decrement(ref _left) != 0)
            return await call();

        Crashed = true;
        if (_moment == Moment.After)
            await call();
        if (_moment == Moment.Within && within is not null)
            await within();
        throw Dead();
    }

    // Not a failure of storage, which somebody might handle: nobody is there any more.
    private static OperationCanceledException Dead() => new("This process is dead.");

    /// <summary>Breaks off where it should go on.</summary>
    private sealed class HalfStream(Stream whole) : Stream
    {
        private bool _read;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_read)
                throw Dead();

            _read = true;
            return await whole.ReadAsync(buffer[..Math.Max(1, Math.Min(buffer.Length, 100))], cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
