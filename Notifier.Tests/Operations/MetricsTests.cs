using System.Net;
using Notifier.Core.Metrics;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Operations;

public sealed class MetricsTests
{
    [Fact]
    public async Task Counters_agree_to_the_event_with_what_a_scripted_run_did()
    {
        await using var host = NotifierHost.With(("Log:MaxEventsPerTopic", "5"), ("Streams:MaxPerUser", "3"));
        var before = await Exposition.FetchAsync(host.Http);

        await using var first = await host.OpenAsync("/api/rooms/general/events?as=ada");
        await using var second = await host.OpenAsync("/api/events?topic=room:general&topic=room:other&as=bob");
        var ids = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            ids.Add(await host.Http.SayAsync("general", $"message {i}"));

            // The log holds five: who is not as fast as the messages is told of a gap.
            await UntilAsync(first, "message");
            await UntilAsync(second, "message");
        }

        (await host.Http.PostTextAsync("/api/rooms/general/events", """{"type":"doc:update","data":1}""")).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await host.Http.PostTextAsync("/api/rooms/general/events", """{"type":"cursor","data":1,"ephemeral":true}""")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await host.Http.PostTextAsync("/api/rooms/general/messages", "{}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await UntilAsync(first, "cursor");
        await UntilAsync(second, "cursor");

        await using var replay = await host.OpenAsync("/api/rooms/general/events?as=cleo", lastEventId: ids[6]);
        await using var trimmed = await host.OpenAsync("/api/rooms/general/events?as=dora", lastEventId: ids[0]);
        await UntilAsync(replay, "doc:update");
        (await trimmed.ReadAsync()).Event.ShouldBe("gap");
        await UntilAsync(trimmed, "doc:update");
        await using var busy1 = await host.OpenAsync("/api/users/me/events?as=eve");
        await using var busy2 = await host.OpenAsync("/api/users/me/events?as=eve");
        await using var busy3 = await host.OpenAsync("/api/users/me/events?as=eve");
        (await (await SseStreamReader.OpenRawAsync(host.NewClient(), "/api/users/me/events?as=eve")).ReadAsync()).Event.ShouldBe("busy");
        var after = await Exposition.FetchAsync(host.Http);

        before.Sum("notifier_streams_open").ShouldBe(0);
        before.Sum("notifier_events_published_total").ShouldBe(0);
        after["notifier_streams_open{kind=\"room\"}"].ShouldBe(3);
        after["notifier_streams_open{kind=\"topics\"}"].ShouldBe(1);
        after["notifier_streams_open{kind=\"user\"}"].ShouldBe(3);
        after["notifier_streams_opened_total{kind=\"room\",start=\"fresh\"}"].ShouldBe(1);
        after["notifier_streams_opened_total{kind=\"room\",start=\"resumed\"}"].ShouldBe(1);
        after["notifier_streams_opened_total{kind=\"room\",start=\"gap\"}"].ShouldBe(1);
        after["notifier_streams_refused_total{reason=\"too-many-streams\"}"].ShouldBe(1);
        after["notifier_users_connected"].ShouldBe(5);
        after["notifier_rooms_open{size=\"2-10\"}"].ShouldBe(1);
        after["notifier_rooms_open{size=\"1\"}"].ShouldBe(1);
        after["notifier_events_published_total{form=\"stored\",type=\"message\"}"].ShouldBe(8);
        after["notifier_events_published_total{form=\"stored\",type=\"other\"}"].ShouldBe(1);
        after["notifier_events_published_total{form=\"ephemeral\",type=\"other\"}"].ShouldBe(1);
        after.Sum("notifier_events_published_total").ShouldBe(10);

        // Two streams saw eight messages live; one replayed a message, one the four that were left.
        after["notifier_events_delivered_total{type=\"message\"}"].ShouldBe(16 + 1 + 4);
        after["notifier_events_delivered_total{type=\"other\"}"].ShouldBe(2 + 1 + 1);
        after["notifier_events_replayed_total"].ShouldBe(2 + 5);
        after["notifier_delivery_lag_seconds_count"].ShouldBeInRange(2, 18);
        after["notifier_gaps_total{reason=\"trimmed\"}"].ShouldBe(1);
        after["notifier_commands_total{route=\"/api/rooms/{room}/messages\",status=\"201\"}"].ShouldBe(8);
        after["notifier_commands_total{route=\"/api/rooms/{room}/messages\",status=\"400\"}"].ShouldBe(1);
        after["notifier_commands_total{route=\"/api/rooms/{room}/events\",status=\"202\"}"].ShouldBe(1);
    }

    private static async Task UntilAsync(SseStreamReader stream, string type)
    {
        while ((await stream.ReadAsync()).Event != type)
        {
        }
    }

    [Fact]
    public async Task Streams_are_closed_by_their_reason()
    {
        await using var host = NotifierHost.With();
        await using var expired = await host.OpenAsync("/api/rooms/general/events", token: await host.TokenAsync("bob", rooms: ["*"], expiresInSeconds: 1));
        await using var revoked = await host.OpenAsync("/api/rooms/general/events", token: await host.TokenAsync("cleo", rooms: ["*"]));
        var left = await host.OpenAsync("/api/rooms/general/events?as=ada");
        left.Dispose();
        using var admin = host.NewClient(await host.TokenAsync("root", roles: ["admin"]));
        (await admin.DeleteAsync("/api/admin/users/cleo/connections")).EnsureSuccessStatusCode();

        await Until.TrueAsync("the streams are closed", async () => (await Exposition.FetchAsync(host.Http))["notifier_streams_open{kind=\"room\"}"] == 0);

        var metrics = await Exposition.FetchAsync(host.Http);
        foreach (var reason in new[] { "expired", "revoked", "client" }) metrics[$"notifier_streams_closed_total{{kind=\"room\",reason=\"{reason}\"}}"].ShouldBe(1, reason);
        metrics.Sum("notifier_streams_closed_total").ShouldBe(3);
        metrics["notifier_commands_total{route=\"/api/admin/users/{user}/connections\",status=\"204\"}"].ShouldBe(1);
    }

    [Fact]
    public async Task Each_limit_that_refuses_is_counted_by_its_own_name()
    {
        await using var host = NotifierHost.With(
            ("Commands:PermitsPerMinute", "1"), ("Commands:Burst", "1"), ("Commands:PublisherPermitsPerMinute", "1"), ("Commands:EphemeralPerMinute", "1"), ("Commands:MaxBodyBytes", "1000"),
            ("Log:MaxEventBytes", "600"), ("Streams:MaxTopics", "2"), ("Streams:MaxPerUser", "2"), ("Streams:MaxConnections", "3"));
        using var ada = host.NewClient(await host.TokenAsync("ada", rooms: ["*"]));
        using var publisher = host.NewClient(await host.TokenAsync("news", roles: ["publisher"]));
        var counted = new Dictionary<string, int>(StringComparer.Ordinal);

        await RefusedAsync("body", () => ada.PostTextAsync("/api/rooms/general/messages", $$"""{"text":"{{new string('x', 1000)}}"}"""));
        await RefusedAsync("event", () => ada.PostTextAsync("/api/rooms/general/messages", $$"""{"text":"{{new string('x', 600)}}"}"""));
        await ada.SayAsync("general", "the one permit");
        await RefusedAsync("commands", () => ada.PostTextAsync("/api/rooms/general/messages", """{"text":"too much"}"""));
        await RefusedAsync("commands", () => ada.PostTextAsync("/api/tickets", "{}"));
        (await ada.PostTextAsync("/api/rooms/general/typing", """{"typing":true}""")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await RefusedAsync("ephemeral", () => ada.PostTextAsync("/api/rooms/general/typing", """{"typing":true}"""));
        await publisher.SayAsync("general", "the one permit");
        await RefusedAsync("publishers", () => publisher.PostTextAsync("/api/broadcast", """{"type":"note","data":1}"""));
        await RefusedAsync("topics", () => host.Http.GetAsync("/api/events?topic=room:a&topic=room:b&topic=room:c"));
        await using var one = await host.OpenAsync("/api/rooms/general/events?as=bob");
        await using var two = await host.OpenAsync("/api/rooms/general/events?as=bob");
        await RefusedAsync("streams-per-user", () => host.Http.GetAsync("/api/rooms/general/events?as=bob"));
        await using var three = await host.OpenAsync("/api/rooms/general/events?as=cleo");
        await RefusedAsync("streams", () => host.Http.GetAsync("/api/rooms/general/events?as=dora"));

        // What was refused for another reason is no limit's.
        (await ada.PostTextAsync("/api/rooms/general/messages", "{}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await host.Http.GetAsync("/api/events?topic=room:%20")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await Exposition.FetchAsync(host.Http)).Sum("notifier_limits_refused_total").ShouldBe(counted.Values.Sum());

        async Task RefusedAsync(string limit, Func<Task<HttpResponseMessage>> request)
        {
            using var answer = await request();
            answer.IsSuccessStatusCode.ShouldBeFalse(limit);
            counted[limit] = counted.GetValueOrDefault(limit) + 1;
            (await Exposition.FetchAsync(host.Http))[$"notifier_limits_refused_total{{limit=\"{limit}\"}}"].ShouldBe(counted[limit], limit);
        }
    }

    [Fact]
    public async Task The_servers_and_the_runtimes_own_are_there_and_no_label_holds_what_a_client_chose()
    {
        await using var host = NotifierHost.With();
        await using var stream = await host.OpenAsync("/api/rooms/room-of-mine/events?as=user-of-mine");
        await host.Http.SayAsync("room-of-mine", "text-of-mine");
        await host.Http.PostTextAsync("/api/rooms/room-of-mine/events", """{"type":"type-of-mine","data":1}""");
        await host.Http.GetAsync("/nothing-of-mine");
        await stream.ReadAsync(2);

        using var answer = await host.Http.GetAsync("/metrics");
        var text = await answer.Content.ReadAsStringAsync();
        var metrics = Exposition.Parse(text);

        text.ShouldNotContain("of-mine");
        metrics["http_server_request_duration_seconds_count{http_request_method=\"POST\",http_response_status_code=\"201\",http_route=\"/api/rooms/{room}/messages\"}"].ShouldBe(1);
        metrics.Types["kestrel_active_connections"].ShouldBe("gauge");
        metrics.Sum("dotnet_process_memory_working_set_bytes").ShouldBeGreaterThan(1_000_000);
        metrics.Types["dotnet_gc_collections_total"].ShouldBe("counter");
        metrics.Samples.Count.ShouldBeLessThan(1000);
    }

    [Fact]
    public async Task A_service_counts_what_is_its_own_alone()
    {
        await using var one = NotifierHost.With();
        await using var other = NotifierHost.With();

        await one.Http.SayAsync("general", "here");

        (await Exposition.FetchAsync(one.Http)).Sum("notifier_events_published_total").ShouldBe(1);
        (await Exposition.FetchAsync(other.Http)).Sum("notifier_events_published_total").ShouldBe(0);
        (await Exposition.FetchAsync(other.Http)).Sum("notifier_commands_total").ShouldBe(0);
    }

    [Theory]
    [InlineData("a 1")]
    [InlineData("# TYPE a gauge\na 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na 1\na 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na{x=\"\\t\"} 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\nb 1\n")]
    [InlineData("# HELP a b\n# TYPE a counter\na 1\n")]
    [InlineData("# HELP a_total b\n# TYPE a_total counter\na_total -1\n")]
    [InlineData("# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n")]
    [InlineData("# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 1\n")]
    [InlineData("# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n")]
    public void The_parser_that_these_tests_read_with_refuses_what_is_not_the_format(string text) =>
        Should.Throw<FormatException>(() => Exposition.Parse(text));

    [Fact]
    public async Task Every_instrument_is_in_the_operators_table_with_its_unit_and_nothing_else_is()
    {
        await using var host = NotifierHost.With();
        var table = File.ReadLines(Path.Combine(Repository.Root, "docs", "metrics.md"))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length >= 5 && cells[1].StartsWith("`notifier.", StringComparison.Ordinal))
            .Select(cells => $"{cells[1].Trim('`')} {cells[2].Trim('`')}");
        var measured = new List<string>();
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == NotifierMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, host.Services.GetService(typeof(System.Diagnostics.Metrics.IMeterFactory))))
            {
                instrument.Description.ShouldNotBeNullOrEmpty();
                measured.Add($"{instrument.Name} {instrument.Unit}");
            }
        };
        listener.Start();

        table.Order(StringComparer.Ordinal).ShouldBe(measured.Order(StringComparer.Ordinal));
    }
}
