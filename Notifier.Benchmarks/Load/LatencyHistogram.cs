using System.Numerics;

namespace Notifier.Benchmarks.Load;

/// <summary>Times in microseconds, 64 steps to each power of two: better than 1.6 % over the whole range. Adding is safe from any thread.</summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 6;

    private readonly long[] _counts = new long[64 << StepBits];

    public long Count => _counts.Sum();

    public void Add(TimeSpan time)
    {
        var value = (ulong)Math.Max(0, time.TotalMicroseconds);
        var shift = Math.Max(0, BitOperations.Log2(value | 1) - StepBits);
        Interlocked.Increment(ref _counts[(shift << StepBits) + (int)(value >> shift)]);
    }

    /// <summary>The time that <paramref name="share"/> of all stay under, in milliseconds; 0 where there is none.</summary>
    public double Percentile(double share)
    {
        var left = (long)Math.Ceiling(Count * share);
        for (var i = 0; i < _counts.Length; i++)
        {
            left -= _counts[i];
            if (left > 0 || _counts[i] == 0) continue;
            var shift = Math.Max(0, (i >> StepBits) - 1);
            return ((long)(i - (shift << StepBits)) << shift) / 1000.0;
        }

        return 0;
    }
}
