namespace Notifier.Api.Operations.Metrics;

/// <summary>The kinds of metrics that the exposition format tells apart.</summary>
internal enum MetricKind
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts what fell under each of some bounds.</summary>
    Histogram,
}
