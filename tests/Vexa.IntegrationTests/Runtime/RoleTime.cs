namespace Vexa.IntegrationTests.Runtime;

/// <summary>The clock of one role. When the role is gone as after a kill, its timers are gone with it.</summary>
internal sealed class RoleTime(TimeProvider time) : TimeProvider
{
    private volatile bool _gone;

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(given =>
    {
        if (!_gone)
            callback(given);
    }, state, dueTime, period);

    public void Stop() => _gone = true;
}
