namespace Notifier.Tests.Support;

/// <summary>A clock that a test moves. Timers fire within <see cref="Advance"/>, on the caller's thread, in the order of their due times.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero);
    private long _timestamp = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return _now;
    }

    public override long GetTimestamp()
    {
        lock (_gate) return _timestamp;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var end = GetTimestamp() + by.Ticks;
        while (true)
        {
            Timer? due;
            lock (_gate)
            {
                due = _timers.Where(t => t.DueAt <= end).MinBy(t => t.DueAt);
                var step = (due?.DueAt ?? end) - _timestamp;
                _timestamp += Math.Max(0, step);
                _now = _now.AddTicks(Math.Max(0, step));
                due?.Next();
            }

            if (due is null) return;
            due.Fire();
        }
    }

    /// <summary>True where a timer is due in exactly so long.</summary>
    public bool HasTimerIn(TimeSpan time)
    {
        lock (_gate) return _timers.Exists(timer => timer.DueAt == _timestamp + time.Ticks);
    }

    /// <summary>True where somebody waits for exactly so long, once.</summary>
    public bool HasDelayOf(TimeSpan time)
    {
        lock (_gate) return _timers.Exists(timer => !timer.IsPeriodic && timer.DueAt == _timestamp + time.Ticks);
    }

    /// <summary>Sets the wall clock alone, as an operator or a time server does.</summary>
    public void SetBack(TimeSpan by)
    {
        lock (_gate) _now -= by;
    }

    private sealed class Timer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private long _periodTicks;

        public long DueAt { get; private set; }

        public bool IsPeriodic => _periodTicks > 0;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                _periodTicks = period > TimeSpan.Zero ? period.Ticks : 0;
                if (dueTime < TimeSpan.Zero) return true;
                DueAt = time._timestamp + dueTime.Ticks;
                time._timers.Add(this);
            }

            return true;
        }

        public void Next()
        {
            if (_periodTicks == 0) time._timers.Remove(this);
            else DueAt += _periodTicks;
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (time._gate) time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
