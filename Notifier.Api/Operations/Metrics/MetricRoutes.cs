using System.Diagnostics.Metrics;
using Notifier.Api.Streams;
using Notifier.Core.Log;
using Notifier.Core.Metrics;
using Notifier.Core.Presence;

namespace Notifier.Api.Operations.Metrics;

/// <summary>The metrics for a scraper to fetch, and the instruments that ask the parts for what they hold.</summary>
internal static class MetricRoutes
{
    public static IServiceCollection AddNotifierMetrics(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<NotifierMetrics>();
        services.AddSingleton<MetricReadings>();
        services.AddSingleton<OtlpExport>();
        return services;
    }

    public static void MapMetrics(this IEndpointRouteBuilder app) =>
        app.MapGet("/metrics", (MetricReadings readings) => TypedResults.Text(readings.Read(PrometheusText.Write), PrometheusText.ContentType));

    /// <summary>Begins to measure, before the first request.</summary>
    public static void StartMetrics(this IServiceProvider services)
    {
        services.GetRequiredService<MetricReadings>();
        services.GetRequiredService<OtlpExport>();
        var metrics = services.GetRequiredService<NotifierMetrics>();
        var (door, subscriptions, log, uptime) = (
            services.GetRequiredService<StreamDoor>(), services.GetRequiredService<Subscriptions>(), services.GetRequiredService<IEventLog>(), services.GetRequiredService<Uptime>());
        metrics.Observe("notifier.users.connected", "{user}", "Users with a stream here.", () => door.Users);
        metrics.Observe("notifier.topics.followed", "{topic}", "Topics whose newest events are held here for their followers.", () => subscriptions.FollowedTopics);
        metrics.Observe("notifier.tails.size", "By", "Bytes that those events take.", () => subscriptions.TailBytes);
        metrics.Observe("notifier.rooms.open", "{room}", "Rooms that streams here carry, by how many streams.", () => BySize(subscriptions.RoomSizes()));
        var rooms = services.GetRequiredService<Rooms>();
        metrics.Observe("notifier.rooms.members", "{member}", "Members of the rooms that streams here carry.", () => rooms.MembersSeen);
        metrics.Observe("notifier.store.ready", "{store}", "1 while the store can be reached and events come back from it, else 0.", () => log.IsReady ? 1 : 0);
        metrics.Observe("notifier.uptime", "s", "Time since the start.", () => (long)uptime.Elapsed.TotalSeconds);
    }

    private static IEnumerable<Measurement<long>> BySize(IReadOnlyList<int> sizes)
    {
        (string Name, int Min, int Max)[] ranges = [("1", 1, 1), ("2-10", 2, 10), ("11-100", 11, 100), ("101-1000", 101, 1000), ("over-1000", 1001, int.MaxValue)];
        return ranges.Select(range => new Measurement<long>(
            sizes.Count(size => size >= range.Min && size <= range.Max), new KeyValuePair<string, object?>("size", range.Name)));
    }
}
