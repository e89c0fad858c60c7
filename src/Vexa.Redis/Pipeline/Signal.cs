using System.Threading.Channels;

namespace Vexa.Redis;

/// <summary>"Something happened since you last looked": set any number of times, it wakes one wait once.</summary>
internal sealed class Signal
{
    private readonly Channel<byte> _set = Channel.CreateBounded<byte>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _set.Writer.TryWrite(0);

    /// <summary>Every wait from now on throws <see cref="ChannelClosedException"/> around the reason.</summary>
    public void Close(Exception? reason = null) => _set.Writer.TryComplete(reason);

    public async ValueTask Wait(CancellationToken ct) => await _set.Reader.ReadAsync(ct);
}
