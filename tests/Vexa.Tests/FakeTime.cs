namespace Vexa.Tests;

/// <summary>A clock that tests move, with its timers. It starts at 2026-01-01 and stands still.</summary>
internal sealed class FakeTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<FakeTimer> _timers = [];
    private DateTimeOffset _origin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Lets time pass, and calls what is due on the way, in order, on this thread.</summary>
    public void Advance(TimeSpan by)
    {
        TimeSpan until;
        lock (_lock)
            until = _passed + by;

        while (TakeDue(until) is { } timer)
            timer.Call();

        lock (_lock)
            _passed = until;
    }

    /// <summary>Sets the clock, perhaps back, as an administrator may. No time passes by that: timers do not notice.</summary>
    public void Set(DateTimeOffset now)
    {
        lock (_lock)
            _origin = now - _passed;
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _origin + _passed;
    }

    public override long GetTimestamp()
    {
        lock (_lock)
            return _passed.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private FakeTimer? TakeDue(TimeSpan until)
    {
        lock (_lock)
        {
            if (_timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due) is not { } timer)
                return null;

            if (timer.Due > _passed)
                _passed = timer.Due;
            _timers.Remove(timer);
            if (timer.Period > TimeSpan.Zero)
            {
                timer.Due += timer.Period;
                _timers.Add(timer);
            }

            return timer;
        }
    }

    private sealed class FakeTimer(FakeTime time, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        public TimeSpan Due { get; set; }

        public TimeSpan Period { get; private set; }

        public void Call() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                if (_disposed)
                    return false;

                (Due, Period) = (time._passed + dueTime, period);
                if (dueTime != Timeout.InfiniteTimeSpan)
                    time._timers.Add(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                _disposed = true;
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
