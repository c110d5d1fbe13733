namespace Notifier.Api.Operations.Metrics;

/// <summary>One instrument's measurements with one set of labels. Adding is lock-free.</summary>
/// <param name="labels">As the exposition writes them, without the braces.</param>
/// <param name="bounds">Upper bounds of a histogram's buckets; empty for any other instrument.</param>
internal sealed class MetricSeries(string labels, double[] bounds)
{
    private readonly long[] _buckets = bounds.Length > 0 ? new long[bounds.Length + 1] : [];
    private double _value;

    public string Labels => labels;

    /// <summary>The value; of a histogram the sum of all that was measured.</summary>
    public double Value => Volatile.Read(ref _value);

    /// <summary>It was measured since <see cref="Reset"/>.</summary>
    public bool IsMeasured { get; private set; }

    /// <summary>A histogram's counts, bucket by bucket, the last one over all bounds.</summary>
    public long[] Buckets => Array.ConvertAll(_buckets, static count => Volatile.Read(ref count));

    public void Add(double value)
    {
        var seen = Volatile.Read(ref _value);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _value, seen + value, seen);
            if (before.Equals(seen)) break;
            seen = before;
        }

        IsMeasured = true;
    }

    public void Set(double value)
    {
        Volatile.Write(ref _value, value);
        IsMeasured = true;
    }

    public void AddToHistogram(double value)
    {
        var bucket = Array.BinarySearch(bounds, value);
        Interlocked.Increment(ref _buckets[bucket >= 0 ? bucket : ~bucket]);
        Add(value);
    }

    /// <summary>Forgets the value of an instrument that is about to tell it anew.</summary>
    public void Reset()
    {
        Volatile.Write(ref _value, 0);
        IsMeasured = false;
    }
}
