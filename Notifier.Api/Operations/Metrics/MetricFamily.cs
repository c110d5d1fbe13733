using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Notifier.Core.Metrics;

namespace Notifier.Api.Operations.Metrics;

/// <summary>One instrument with all its label sets. A label set is kept under the text that it is written as, so that a known one costs no allocation.</summary>
internal sealed class MetricFamily
{
    /// <summary>Label sets of one instrument; what comes past it counts as one, so that no mistake can fill the memory.</summary>
    public const int MaxSeries = 1000;

    private const string Overflow = "overflow=\"true\"";
    private const int MaxLabelsLength = 1024;

    /// <summary>Bounds for durations in seconds, where an instrument advises none: those that OpenTelemetry advises for HTTP.</summary>
    private static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    /// <summary>Labels that other meters than ours may keep: each has few values. Addresses and ports say nothing that a scraper does not know.</summary>
    private static readonly FrozenSet<string> KnownLabels = FrozenSet.ToFrozenSet(
        ["http.route", "http.request.method", "http.response.status_code", "error.type", "gc.heap.generation", "cpu.mode"], StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, MetricSeries> _series = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, MetricSeries>.AlternateLookup<ReadOnlySpan<char>> _byText;
    private readonly bool _keepsAllLabels;
    private readonly double[] _bounds;

    public MetricFamily(Instrument instrument)
    {
        Instrument = instrument;
        Kind = KindOf(instrument);
        Name = MetricName.Of(instrument.Name, instrument.Unit, Kind);
        _byText = _series.GetAlternateLookup<ReadOnlySpan<char>>();
        _keepsAllLabels = instrument.Meter.Name == NotifierMetrics.MeterName;
        _bounds = Kind == MetricKind.Histogram ? BoundsOf(instrument) : [];
    }

    public Instrument Instrument { get; }

    public MetricKind Kind { get; }

    /// <summary>As Prometheus writes it.</summary>
    public string Name { get; }

    public IReadOnlyList<double> Bounds => _bounds;

    /// <summary>What was measured so far, in the order of the labels.</summary>
    public IEnumerable<MetricSeries> Series => _series.Values.Where(series => series.IsMeasured).OrderBy(series => series.Labels, StringComparer.Ordinal);

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var series = Find(labels);
        if (Kind == MetricKind.Histogram) series.AddToHistogram(value);
        else if (Kind == MetricKind.Gauge && !Instrument.IsObservable && !IsSum) series.Set(value);
        else series.Add(value);
    }

    /// <summary>Makes room for what an observed instrument is about to tell: all of it, not what was added.</summary>
    public void BeginObservation()
    {
        foreach (var series in _series.Values) series.Reset();
    }

    private bool IsSum => Instrument.GetType().Name.StartsWith("UpDownCounter", StringComparison.Ordinal);

    private MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        Span<char> text = stackalloc char[MaxLabelsLength];
        var length = labels.IsEmpty ? 0 : Write(labels, text);
        if (_byText.TryGetValue(text[..length], out var known)) return known;
        if (length < 0 || _series.Count >= MaxSeries) return _series.GetOrAdd(Overflow, static (name, bounds) => new(name, bounds), _bounds);
        return _series.GetOrAdd(text[..length].ToString(), static (name, bounds) => new(name, bounds), _bounds);
    }

    private int Write(ReadOnlySpan<KeyValuePair<string, object?>> labels, Span<char> text)
    {
        var length = 0;
        foreach (var (name, value) in labels)
        {
            if (value is null || (!_keepsAllLabels && !KnownLabels.Contains(name))) continue;
            if (!MetricName.TryWriteLabel(name, value, text[length..], isFirst: length == 0, out var written)) return Overflowed(text);
            length += written;
        }

        return length;
    }

    private static int Overflowed(Span<char> text)
    {
        Overflow.CopyTo(text);
        return Overflow.Length;
    }

    private static MetricKind KindOf(Instrument instrument)
    {
        var type = instrument.GetType().Name;
        return type.StartsWith("Histogram", StringComparison.Ordinal) ? MetricKind.Histogram
            : type.StartsWith("Counter", StringComparison.Ordinal) || type.StartsWith("ObservableCounter", StringComparison.Ordinal) ? MetricKind.Counter
            : MetricKind.Gauge;
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        _ => DefaultBounds,
    };
}
