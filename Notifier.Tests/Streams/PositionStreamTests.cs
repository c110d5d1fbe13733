using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Streams;

public sealed class PositionStreamTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Fact]
    public async Task A_user_stream_carries_the_user_and_everybody()
    {
        var user = Fresh.User();
        await using var stream = await host.OpenAsync($"/api/users/{user}/events?as={user}");
        await using var me = await host.OpenAsync($"/api/users/me/events?as={user}");

        await host.Http.PostTextAsync($"/api/users/{user}/notifications", """{"title":"for you"}""");
        await host.Http.PostTextAsync("/api/broadcast", $$"""{"type":"for:all","data":"{{user}}"}""");

        foreach (var one in new[] { stream, me })
        {
            one.Welcome.Json.GetProperty("topics").EnumerateArray().Select(t => t.GetString()).ShouldBe([$"user:{user}", "all"]);
            (await one.ReadAsync()).Event.ShouldBe("notification");

            // Other tests speak to everybody too.
            SseBlock toAll;
            do toAll = await one.ReadAsync();
            while (toAll.Event != "for:all" || toAll.Json.GetProperty("data").GetString() != user);
        }
    }

    [Fact]
    public async Task One_id_resumes_all_topics()
    {
        var (one, other, user) = (Fresh.Room(), Fresh.Room(), Fresh.User());
        var path = $"/api/events?topic=room:{one}&topic=room:{other}&topic=user:me&as={user}";
        string last;
        await using (var stream = await host.OpenAsync(path))
        {
            await host.Http.SayAsync(one, "seen");
            last = (await stream.ReadAsync()).Id!;
        }

        await host.Http.SayAsync(other, "missed in other");
        await host.Http.SayAsync(one, "missed in one");
        await host.Http.PostTextAsync($"/api/users/{user}/notifications", """{"title":"missed by user"}""");
        await using var back = await host.OpenAsync(path, last);
        var blocks = await back.ReadAsync(3);

        back.Welcome.Id.ShouldBe(last);
        back.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeTrue();
        blocks.Select(b => b.Json.GetProperty("topic").GetString()).ShouldBe([$"room:{one}", $"room:{other}", $"user:{user}"], ignoreOrder: true);
        blocks.Select(b => b.Id).Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public async Task A_position_is_one_opaque_id_that_costs_no_preflight_and_the_envelope_keeps_the_events_own()
    {
        var (room, user) = (Fresh.Room(), Fresh.User());
        await using var stream = await host.OpenAsync($"/api/events?topic=room:{room}&topic=user:me&topic=all&topic=room:{Fresh.Room()}&as={user}");

        var id = await host.Http.SayAsync(room, "hi");
        SseBlock block;
        do block = await stream.ReadAsync();
        while (block.Event != "message");

        block.EventId.ShouldBe(id);
        block.Id!.ShouldMatch("^[A-Za-z][A-Za-z0-9._~-]{0,127}$");
        stream.Welcome.Id!.ShouldMatch("^[A-Za-z][A-Za-z0-9._~-]{0,127}$");
    }

    [Fact]
    public async Task Even_a_single_topic_on_a_stream_of_several_sends_positions()
    {
        await using var stream = await host.OpenAsync($"/api/events?topic=room:{Fresh.Room()}");

        stream.Welcome.Id!.ShouldMatch("^[A-Za-z]");
    }

    [Fact]
    public async Task A_topic_that_the_position_does_not_know_starts_now_and_one_that_the_stream_does_not_carry_is_passed_over()
    {
        var (kept, left, added) = (Fresh.Room(), Fresh.Room(), Fresh.Room());
        string last;
        await using (var stream = await host.OpenAsync($"/api/events?topic=room:{kept}&topic=room:{left}")) last = stream.Welcome.Id!;
        await host.Http.SayAsync(kept, "missed");
        await host.Http.SayAsync(added, "before");

        await using var back = await host.OpenAsync($"/api/events?topic=room:{kept}&topic=room:{added}", last);
        (await back.ReadAsync()).Text.ShouldBe("missed");
        await host.Http.SayAsync(added, "after");

        (await back.ReadAsync()).Text.ShouldBe("after");
    }

    [Fact]
    public async Task A_topic_may_start_after_an_event_of_its_own_where_there_is_no_last_id()
    {
        var (room, other) = (Fresh.Room(), Fresh.Room());
        var first = await host.Http.SayAsync(room, "1");
        var second = await host.Http.SayAsync(room, "2");
        await host.Http.SayAsync(other, "before");

        await using var stream = await host.OpenAsync($"/api/events?topic=room:{room}@{first}&topic=room:{other}");
        (await stream.ReadAsync()).EventId.ShouldBe(second);
        var position = stream.LastEventId;
        await host.Http.SayAsync(room, "3");
        await using var back = await host.OpenAsync($"/api/events?topic=room:{room}@{first}&topic=room:{other}", position);

        (await back.ReadAsync()).Text.ShouldBe("3");
    }

    [Fact]
    public async Task A_topic_that_is_named_twice_comes_once()
    {
        var (room, user) = (Fresh.Room(), Fresh.User());
        await using var stream = await host.OpenAsync($"/api/events?topic=room:{room}&topic=room:{room}&topic=user:me&topic=user:{user}&as={user}");

        await host.Http.SayAsync(room, "1");
        await host.Http.SayAsync(room, "2");

        stream.Welcome.Json.GetProperty("topics").GetArrayLength().ShouldBe(2);
        (await stream.ReadAsync(2)).Select(b => b.Text).ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task Up_to_64_topics_ride_on_one_connection_and_come_back_by_one_id()
    {
        var rooms = Enumerable.Range(0, 64).Select(_ => Fresh.Room()).ToArray();
        var path = "/api/events?" + string.Join('&', rooms.Select(room => $"topic=room:{room}"));
        string last;
        await using (var stream = await host.OpenAsync(path)) last = stream.Welcome.Id!;
        foreach (var room in rooms) await host.Http.SayAsync(room, room);

        await using var back = await host.OpenAsync(path, last);
        var blocks = await back.ReadAsync(64);
        using var tooMany = await host.Http.GetAsync(path + "&topic=all");

        blocks.Select(b => b.Text).ShouldBe(rooms, ignoreOrder: true);
        await tooMany.ShouldBeInvalidAsync("topic");
    }

    [Theory]
    [InlineData("/api/users/me/events?lastEventId=1795164167186-0", "lastEventId")]
    [InlineData("/api/events?topic=all&lastEventId=1795164167186-0", "lastEventId")]
    [InlineData("/api/events?topic=all&lastEventId=nonsense", "lastEventId")]
    [InlineData("/api/events?topic=all&lastEventId=p%00", "lastEventId")]
    [InlineData("/api/rooms/a/events?lastEventId=nonsense", "lastEventId")]
    [InlineData("/api/rooms/a/events?lastEventId=1795164167186", "lastEventId")]
    [InlineData("/api/rooms/a/events?lastEventId=1-99999999999999999999", "lastEventId")]
    [InlineData("/api/rooms/a/events?lastEventId=1-0%0A", "lastEventId")]
    [InlineData("/api/events", "topic")]
    [InlineData("/api/events?topic=", "topic")]
    [InlineData("/api/events?topic=general", "topic")]
    [InlineData("/api/events?topic=room:..", "topic")]
    [InlineData("/api/events?topic=room:a%0D%0Ab", "topic")]
    [InlineData("/api/events?topic=room:a@", "topic")]
    [InlineData("/api/events?topic=room:a@x", "topic")]
    [InlineData("/api/events?topic=room:a@1-0&topic=room:a@2-0", "topic")]
    [InlineData("/api/rooms/a/events?since=yesterday", "since")]
    [InlineData("/api/rooms/a/events?since=-5m", "since")]
    [InlineData("/api/rooms/a/events?since=5", "since")]
    [InlineData("/api/rooms/a/events?since=99999999999999999999d", "since")]
    [InlineData("/api/rooms/a/events?since=2026-13-40", "since")]
    [InlineData("/api/rooms/a/events?last=0", "last")]
    [InlineData("/api/rooms/a/events?last=1001", "last")]
    [InlineData("/api/rooms/a/events?last=1.5", "last")]
    [InlineData("/api/rooms/a/events?last=99999999999999999999", "last")]
    [InlineData("/api/rooms/a/events?types=1a", "types")]
    [InlineData("/api/rooms/a/events?types=a,,b", "types")]
    [InlineData("/api/rooms/a/events?types=a%0Ab", "types")]
    [InlineData("/api/rooms/a/events?heartbeat=never", "heartbeat")]
    [InlineData("/api/rooms/a/events?presence=maybe", "presence")]
    [InlineData("/api/rooms/a/events?wait=31", "wait")]
    [InlineData("/api/rooms/a/events?as=a%00b", "as")]
    public async Task A_query_that_cannot_be_meant_is_a_400_that_names_its_field(string path, string field)
    {
        using var answer = await host.Http.GetAsync(path);

        await answer.ShouldBeInvalidAsync(field);
    }

    [Fact]
    public async Task An_event_source_is_told_its_mistakes_too()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/rooms/a/events?last=x");
        request.Headers.Accept.ParseAdd("text/event-stream");

        using var answer = await host.Http.SendAsync(request);

        await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
    }
}
