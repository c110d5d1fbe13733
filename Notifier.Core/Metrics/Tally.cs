using System.Diagnostics.Metrics;

namespace Notifier.Core.Metrics;

/// <summary>
/// A counter on the hot path, whose label values are known beforehand: adding is one interlocked addition, whoever listens, and the sums are told when
/// they are asked for.
/// </summary>
public sealed class Tally
{
    /// <summary>One cache line of 64 bytes for each sum, so that two cores do not wait for each other.</summary>
    private const int Stride = 8;

    private readonly long[] _sums;
    private readonly KeyValuePair<string, object?>[][] _labels;

    internal Tally(Meter meter, string name, string unit, string description, params KeyValuePair<string, object?>[][] labels)
    {
        _labels = labels.Length > 0 ? labels : [[]];
        _sums = new long[(_labels.Length + 1) * Stride];
        meter.CreateObservableCounter(name, Observe, unit, description);
    }

    /// <summary>Adds to the sum with the labels number <paramref name="index"/>.</summary>
    public void Add(long count, int index = 0) => Interlocked.Add(ref _sums[(index + 1) * Stride], count);

    private IEnumerable<Measurement<long>> Observe()
    {
        for (var i = 0; i < _labels.Length; i++) yield return new(Volatile.Read(ref _sums[(i + 1) * Stride]), _labels[i]);
    }
}
