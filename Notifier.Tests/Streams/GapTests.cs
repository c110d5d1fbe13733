using Notifier.Tests.Support;

namespace Notifier.Tests.Streams;

public sealed class GapTests
{
    [Fact]
    public async Task A_client_that_retention_passed_is_told_once_exactly_where_it_could_not_go_on()
    {
        await using var host = NotifierHost.With(("Log:MaxEventsPerTopic", "5"));
        var ids = new List<string>();
        for (var i = 0; i < 20; i++) ids.Add(await host.Http.SayAsync("general", $"{i}"));

        await using var stream = await host.OpenAsync("/api/rooms/general/events", ids[2]);
        var gap = await stream.ReadAsync();
        var rest = await stream.ReadAsync(5);
        await using var afterGap = await host.OpenAsync("/api/rooms/general/events", gap.Id);

        stream.Welcome.Id.ShouldBe(ids[2]);
        stream.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeFalse();
        gap.Event.ShouldBe("gap");
        gap.Data.ShouldBe($$"""{"topic":"room:general","after":"{{ids[2]}}","first":"{{ids[15]}}","reason":"trimmed"}""");
        gap.Id.ShouldBe(ids[14]);
        rest.Select(b => b.Text).ShouldBe(["15", "16", "17", "18", "19"]);
        afterGap.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeTrue();
        (await afterGap.ReadAsync()).Text.ShouldBe("15");
    }

    [Fact]
    public async Task Retention_hides_nothing_from_a_client_that_stands_right_before_what_is_left()
    {
        await using var host = NotifierHost.With(("Log:MaxEventsPerTopic", "5"));
        var ids = new List<string>();
        for (var i = 0; i < 20; i++) ids.Add(await host.Http.SayAsync("general", $"{i}"));

        await using var stream = await host.OpenAsync("/api/rooms/general/events", ids[14]);

        stream.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeTrue();
        (await stream.ReadAsync()).Text.ShouldBe("15");
    }

    [Fact]
    public async Task An_id_from_before_the_log_was_lost_is_a_reset()
    {
        string old;
        await using (var before = NotifierHost.With()) old = await before.Http.SayAsync("general", "lost with its process");
        await using var host = NotifierHost.With();
        var first = await host.Http.SayAsync("general", "new");

        await using var stream = await host.OpenAsync("/api/rooms/general/events", old);
        var gap = await stream.ReadAsync();

        gap.Json.GetProperty("reason").GetString().ShouldBe("reset");
        gap.Json.GetProperty("after").GetString().ShouldBe(old);
        gap.Json.GetProperty("first").GetString().ShouldBe(first);
        (await stream.ReadAsync()).Text.ShouldBe("new");
    }

    [Fact]
    public async Task An_id_ahead_of_the_log_is_a_reset_with_nothing_held_and_live_events_follow()
    {
        await using var host = NotifierHost.With();
        var head = await host.Http.SayAsync("general", "x");

        await using var stream = await host.OpenAsync("/api/rooms/general/events", "9999999999999-0");
        var gap = await stream.ReadAsync();
        await host.Http.SayAsync("general", "live");

        gap.Data.ShouldBe("""{"topic":"room:general","after":"9999999999999-0","first":null,"reason":"reset"}""");
        gap.Id.ShouldBe(head);
        (await stream.ReadAsync()).Text.ShouldBe("live");
    }

    [Fact]
    public async Task A_gap_in_one_topic_leaves_the_others_whole()
    {
        await using var host = NotifierHost.With(("Log:MaxEventsPerTopic", "5"));
        const string path = "/api/events?topic=room:busy&topic=room:quiet";
        string last;
        await using (var stream = await host.OpenAsync(path)) last = stream.Welcome.Id!;
        await host.Http.SayAsync("quiet", "kept");
        for (var i = 0; i < 20; i++) await host.Http.SayAsync("busy", $"{i}");

        await using var back = await host.OpenAsync(path, last);
        var blocks = await back.ReadAsync(7);

        back.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeFalse();
        blocks.Where(b => b.Event == "gap").Select(b => b.Json.GetProperty("topic").GetString()).ShouldBe(["room:busy"]);
        blocks.Where(b => b.Event == "message").Select(b => b.Text).ShouldBe(["kept", "15", "16", "17", "18", "19"], ignoreOrder: true);
        await using var again = await host.OpenAsync(path, back.LastEventId);
        again.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Since_and_last_never_make_a_gap()
    {
        await using var host = NotifierHost.With(("Log:MaxEventsPerTopic", "5"));
        for (var i = 0; i < 20; i++) await host.Http.SayAsync("general", $"{i}");

        foreach (var query in new[] { "since=all", "since=1d", "last=1000" })
        {
            await using var stream = await host.OpenAsync($"/api/rooms/general/events?{query}");
            (await stream.ReadAsync(5)).Select(b => b.Event).ShouldAllBe(type => type == "message");
        }
    }

    [Fact]
    public async Task The_poll_form_lists_its_gaps()
    {
        await using var host = NotifierHost.With(("Log:MaxEventsPerTopic", "5"));
        var first = await host.Http.SayAsync("general", "0");
        for (var i = 1; i < 20; i++) await host.Http.SayAsync("general", $"{i}");

        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/rooms/general/events?lastEventId={first}");
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await host.Http.SendAsync(request);
        var poll = await answer.JsonAsync();

        poll.GetProperty("gaps")[0].GetProperty("after").GetString().ShouldBe(first);
        poll.GetProperty("gaps")[0].GetProperty("reason").GetString().ShouldBe("trimmed");
        poll.GetProperty("events").GetArrayLength().ShouldBe(5);
    }
}
