using System.Globalization;
using System.Text;

namespace Notifier.Api.Operations.Metrics;

/// <summary>Writes metrics as text (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(IReadOnlyList<MetricFamily> families)
    {
        var text = new StringBuilder(16 * 1024);
        foreach (var family in families)
        {
            MetricSeries[] series = [.. family.Series];
            if (series.Length == 0) continue;
            if (family.Instrument.Description is { Length: > 0 } help) text.Append("# HELP ").Append(family.Name).Append(' ').Append(Escape(help)).Append('\n');
            text.Append("# TYPE ").Append(family.Name).Append(' ').Append(family.Kind.ToString().ToLowerInvariant()).Append('\n');
            foreach (var one in series)
            {
                if (family.Kind == MetricKind.Histogram) WriteHistogram(text, family, one);
                else WriteSample(text, family.Name, one.Labels, one.Value);
            }
        }

        return text.ToString();
    }

    private static void WriteHistogram(StringBuilder text, MetricFamily family, MetricSeries series)
    {
        // Sum first: read after the buckets it could hold what they do not.
        var sum = series.Value;
        var count = 0L;
        var buckets = series.Buckets;
        for (var i = 0; i < buckets.Length; i++)
        {
            count += buckets[i];
            var bound = i < family.Bounds.Count ? Format(family.Bounds[i]) : "+Inf";
            WriteSample(text, family.Name + "_bucket", series.Labels.Length > 0 ? $"{series.Labels},le=\"{bound}\"" : $"le=\"{bound}\"", count);
        }

        WriteSample(text, family.Name + "_sum", series.Labels, sum);
        WriteSample(text, family.Name + "_count", series.Labels, count);
    }

    private static void WriteSample(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Format(value)).Append('\n');
    }

    private static string Format(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string help) => help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
