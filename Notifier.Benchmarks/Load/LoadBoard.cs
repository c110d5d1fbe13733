using System.Diagnostics;

namespace Notifier.Benchmarks.Load;

/// <summary>What all streams of a run add up to.</summary>
internal sealed class LoadBoard(int publishers)
{
    private long _measuredFrom = long.MaxValue;
    private long _delivered;
    private long _measured;
    private long _missing;
    private long _repeats;
    private long _cut;

    public int Publishers { get; } = publishers;

    public LatencyHistogram Latency { get; } = new();

    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Deliveries of events that were due in the measured time.</summary>
    public long Measured => Volatile.Read(ref _measured);

    public long Missing => Volatile.Read(ref _missing);

    public long Repeats => Volatile.Read(ref _repeats);

    public long Cut => Volatile.Read(ref _cut);

    /// <summary>Events that are due from now on are timed.</summary>
    public void Measure() => Volatile.Write(ref _measuredFrom, Stopwatch.GetTimestamp());

    public void Count(long due, long missing, bool isRepeat)
    {
        Interlocked.Increment(ref _delivered);
        if (missing > 0) Interlocked.Add(ref _missing, missing);
        if (isRepeat) Interlocked.Increment(ref _repeats);
        if (due < Volatile.Read(ref _measuredFrom)) return;
        Interlocked.Increment(ref _measured);
        Latency.Add(Stopwatch.GetElapsedTime(due));
    }

    public void CountMissing(long missing) => Interlocked.Add(ref _missing, missing);

    public void CountCut() => Interlocked.Increment(ref _cut);
}
