namespace Vexa.Redis;

/// <summary>Something written to the shared connection that the server owes an answer to.</summary>
internal abstract class Request(ReadOnlyMemory<byte> wire)
{
    private long _sentAt;

    public ReadOnlyMemory<byte> Wire { get; } = wire;

    /// <summary>When it, or its latest slice, was handed to the socket.</summary>
    public long SentAt
    {
        get => Volatile.Read(ref _sentAt);
        set => Volatile.Write(ref _sentAt, value);
    }

    /// <summary>Takes an ordinary reply, which may be an error.</summary>
    public abstract void Answer(RespValue reply);

    /// <summary>The connection was lost before the answer came.</summary>
    public abstract void Lose(Exception reason);
}
