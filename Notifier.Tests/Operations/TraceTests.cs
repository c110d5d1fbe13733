using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Operations;

public sealed class TraceTests(RedisServer redis) : IClassFixture<RedisServer>
{
    [SkippableFact]
    public async Task A_command_is_an_activity_below_the_callers_and_each_instance_that_delivers_its_event_links_to_it()
    {
        var activities = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Notifier",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activities.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var one = NotifierHost.With(("Redis:Configuration", redis.Need()));
        await using var other = NotifierHost.With(("Redis:Configuration", redis.Need()));
        var room = Fresh.Room();
        await using var here = await one.OpenAsync($"/api/rooms/{room}/events?as=ada");
        await using var there = await other.OpenAsync($"/api/rooms/{room}/events?as=bob");
        await using var another = await other.OpenAsync($"/api/rooms/{room}/events?as=cleo");
        var trace = ActivityTraceId.CreateRandom().ToHexString();

        using var answer = await one.Http.PostTextAsync($"/api/rooms/{room}/messages", """{"text":"private-text"}""", ("traceparent", $"00-{trace}-00f067aa0ba902b7-01"));
        var seen = await Task.WhenAll(here.ReadAsync(), there.ReadAsync(), another.ReadAsync());
        await using var replay = await other.OpenAsync($"/api/rooms/{room}/events?as=dora&since=all");
        await replay.ReadAsync();
        await Until.TrueAsync("the command's activity ends", () => activities.Any(a => a.TraceId.ToHexString() == trace && a.Kind == ActivityKind.Server));

        var mine = activities.Where(a => a.TraceId.ToHexString() == trace).ToArray();
        var command = mine.Single(a => a.Kind == ActivityKind.Server);
        command.DisplayName.ShouldBe("POST /api/rooms/{room}/messages");
        command.ParentSpanId.ToHexString().ShouldBe("00f067aa0ba902b7");
        command.GetTagItem("http.response.status_code").ShouldBe(201);
        var deliveries = mine.Where(a => a.Kind == ActivityKind.Consumer).ToArray();
        deliveries.Length.ShouldBe(2);
        deliveries.ShouldAllBe(a => a.DisplayName == "deliver message" && a.ParentSpanId == command.SpanId && a.Links.Single().Context.SpanId == command.SpanId);
        foreach (var block in seen) block.Data!.ShouldNotContain(trace);
        mine.SelectMany(a => a.TagObjects).ShouldAllBe(tag => !$"{tag.Value}".Contains("private-text") && !$"{tag.Value}".Contains(room));
    }

    [Fact]
    public async Task Traces_and_metrics_are_exported_where_the_variable_says_and_hold_no_text_and_no_token()
    {
        using var collector = new HttpListener();
        var address = $"http://127.0.0.1:{FreePort.Next()}/";
        collector.Prefixes.Add(address);
        collector.Start();
        var received = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        var collecting = CollectAsync(collector, received);
        using var service = NotifierProcess.Start("Development", [("OTEL_EXPORTER_OTLP_ENDPOINT", address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_METRIC_EXPORT_INTERVAL", "500"), ("OTEL_BSP_SCHEDULE_DELAY", "200")]);
        using var client = new HttpClient { BaseAddress = await service.ListeningAsync() };
        await using (await SseStreamReader.OpenAsync(new HttpClient { BaseAddress = client.BaseAddress }, "/api/rooms/room-of-mine/events?access_token=&as=ada")) await client.SayAsync("room-of-mine", "private-text");

        await Until.TrueAsync("both were exported", () => received.TryGetValue("/v1/traces", out var traces) && traces.Contains("deliver message", StringComparison.Ordinal)
            && received.TryGetValue("/v1/metrics", out var metrics) && metrics.Contains("notifier.events.delivered", StringComparison.Ordinal));
        service.Signal("TERM");
        (await service.ExitAsync()).ShouldBe(0, service.Output);
        collector.Stop();
        await collecting;

        received["/v1/traces"].ShouldContain("POST /api/rooms/{room}/messages");
        foreach (var text in received.Values) text.ShouldNotContain("private-text");
        foreach (var text in received.Values) text.ShouldNotContain("room-of-mine");
    }

    private static async Task CollectAsync(HttpListener collector, ConcurrentDictionary<string, string> received)
    {
        try
        {
            while (true)
            {
                var context = await collector.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                received.AddOrUpdate(context.Request.Url!.AbsolutePath, Encoding.Latin1.GetString(body.ToArray()), (_, before) => before + Encoding.Latin1.GetString(body.ToArray()));
                context.Response.StatusCode = 200;
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Stopped.
        }
    }
}
