using System.Text.Json;
using Notifier.Api.Commands;
using Notifier.Api.Operations;
using Notifier.Api.Operations.Metrics;
using Notifier.Api.Streams;
using Notifier.Core.Events;

namespace Notifier.Api.Admin;

/// <summary>
/// What one <c>stats</c> event says, read from the very readings that <c>/metrics</c> shows: totals since the start, from which a page makes rates, and the
/// lag of what was delivered since the last reading.
/// </summary>
internal sealed class LiveStats(MetricReadings readings, StreamContext context, Uptime uptime)
{
    private long[] _lagBefore = [];

    public SseFrame Next() => readings.Read(families =>
    {
        double Sum(string instrument, Func<MetricSeries, bool>? counts = null) =>
            families.FirstOrDefault(family => family.Instrument.Name == instrument)?.Series.Where(series => counts?.Invoke(series) is not false).Sum(series => series.Value) ?? 0;

        var (lagP50, lagP99) = Lag(families.First(family => family.Instrument.Name == "notifier.delivery.lag"));
        return AdminEvents.Frame("stats", writer =>
        {
            writer.WriteString("instance"u8, context.Instance);
            writer.WriteString("at"u8, Acknowledgement.Format(context.Time.GetUtcNow()));
            writer.WriteNumber("uptimeSeconds"u8, (long)uptime.Elapsed.TotalSeconds);
            writer.WriteNumber("streams"u8, Sum("notifier.streams.open"));
            writer.WriteNumber("users"u8, Sum("notifier.users.connected"));
            writer.WriteNumber("rooms"u8, Sum("notifier.rooms.open"));
            writer.WriteNumber("published"u8, Sum("notifier.events.published"));
            writer.WriteNumber("delivered"u8, Sum("notifier.events.delivered"));
            writer.WriteNumber("replayed"u8, Sum("notifier.events.replayed"));
            writer.WriteNumber("gaps"u8, Sum("notifier.gaps"));
            writer.WriteNumber("reconnects"u8, Sum("notifier.streams.opened", series => !series.Labels.Contains("start=\"fresh\"", StringComparison.Ordinal)));
            writer.WriteNumber("closed"u8, Sum("notifier.streams.closed"));
            WriteMilliseconds(writer, "lagP50Ms", lagP50);
            WriteMilliseconds(writer, "lagP99Ms", lagP99);
            writer.WriteNumber("memoryBytes"u8, Sum("dotnet.process.memory.working_set"));
        });
    });

    private static void WriteMilliseconds(Utf8JsonWriter writer, string name, double? seconds)
    {
        if (seconds is { } value) writer.WriteNumber(name, Math.Round(value * 1000, 3));
        else writer.WriteNull(name);
    }

    private (double? P50, double? P99) Lag(MetricFamily family)
    {
        var buckets = family.Series.FirstOrDefault()?.Buckets ?? [];
        var fresh = _lagBefore.Length == buckets.Length ? [.. buckets.Zip(_lagBefore, (now, before) => now - before)] : buckets;
        _lagBefore = buckets;
        return (Quantile(family.Bounds, fresh, 0.5), Quantile(family.Bounds, fresh, 0.99));
    }

    /// <summary>As Prometheus' <c>histogram_quantile</c>: linear within a bucket; what is over all bounds counts as the last one. Null where nothing was measured.</summary>
    internal static double? Quantile(IReadOnlyList<double> bounds, long[] buckets, double quantile)
    {
        var count = buckets.Sum();
        if (count == 0) return null;
        var rank = quantile * count;
        var below = 0L;
        for (var i = 0; i < bounds.Count; i++)
        {
            if (below + buckets[i] >= rank)
            {
                var lower = i == 0 ? 0 : bounds[i - 1];
                return lower + ((bounds[i] - lower) * (rank - below) / Math.Max(1, buckets[i]));
            }

            below += buckets[i];
        }

        return bounds[^1];
    }
}
