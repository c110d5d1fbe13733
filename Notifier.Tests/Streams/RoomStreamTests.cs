using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Streams;

public sealed class RoomStreamTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Fact]
    public async Task A_message_reaches_who_is_there_as_one_block_in_the_form_of_the_contract()
    {
        var room = Fresh.Room();
        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events");

        using var answer = await host.Http.PostTextAsync($"/api/rooms/{room}/messages?as=ada", """{"text":"hi"}""");
        var block = await stream.ReadAsync();

        var acknowledged = await answer.JsonAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = acknowledged.GetProperty("id").GetString()!;
        var at = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(id.Split('-')[0])).ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
        acknowledged.GetProperty("at").GetString().ShouldBe(at);
        block.Id.ShouldBe(id);
        block.Event.ShouldBe("message");
        block.Data.ShouldBe($$$"""{"id":"{{{id}}}","topic":"room:{{{room}}}","type":"message","at":"{{{at}}}","from":{"id":"ada"},"data":{"text":"hi"}}""");
    }

    [Fact]
    public async Task A_stream_begins_with_a_retry_and_a_welcome_that_says_who_where_and_from_which_position()
    {
        var room = Fresh.Room();

        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events?as=ada");

        stream.Welcome.Retry!.Value.ShouldBeInRange(1000, 3000);
        stream.Welcome.Id.ShouldNotBeNull().ShouldMatch(@"^\d+-\d+$");
        var welcome = stream.Welcome.Json;
        welcome.GetProperty("connection").GetString().ShouldNotBeNullOrEmpty();
        welcome.GetProperty("instance").GetString().ShouldNotBeNullOrEmpty();
        welcome.GetProperty("at").GetString().ShouldNotBeNull().ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$");
        welcome.GetProperty("heartbeatSeconds").GetInt32().ShouldBe(15);
        welcome.GetProperty("user").GetProperty("id").GetString().ShouldBe("ada");
        welcome.GetProperty("topics").EnumerateArray().Select(t => t.GetString()).ShouldBe([$"room:{room}"]);
        welcome.GetProperty("resumed").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Each_stream_is_told_another_moment_to_come_back()
    {
        var retries = new HashSet<int?>();

        for (var i = 0; i < 12; i++)
        {
            await using var stream = await host.OpenAsync($"/api/rooms/{Fresh.Room()}/events");
            retries.Add(stream.Welcome.Retry);
        }

        retries.Count.ShouldBeGreaterThan(3);
    }

    [Fact]
    public async Task A_client_that_is_cut_before_its_first_event_resumes_from_the_welcome()
    {
        var room = Fresh.Room();
        await host.Http.SayAsync(room, "before");
        string welcome;
        await using (var stream = await host.OpenAsync($"/api/rooms/{room}/events")) welcome = stream.Welcome.Id!;

        await host.Http.SayAsync(room, "missed");
        await using var back = await host.OpenAsync($"/api/rooms/{room}/events", welcome);

        (await back.ReadAsync()).Text.ShouldBe("missed");
    }

    [Fact]
    public async Task A_subscriber_that_comes_back_receives_exactly_what_it_missed()
    {
        var room = Fresh.Room();
        string last;
        await using (var stream = await host.OpenAsync($"/api/rooms/{room}/events"))
        {
            await host.Http.SayAsync(room, "seen");
            last = (await stream.ReadAsync()).Id!;
        }

        await host.Http.SayAsync(room, "missed 1");
        await host.Http.SayAsync(room, "missed 2");
        await using var back = await host.OpenAsync($"/api/rooms/{room}/events", last);
        await host.Http.SayAsync(room, "live");

        back.Welcome.Id.ShouldBe(last);
        back.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeTrue();
        (await back.ReadAsync(3)).Select(b => b.Text).ShouldBe(["missed 1", "missed 2", "live"]);
    }

    [Theory]
    [InlineData("lastEventId")]
    [InlineData("last_event_id")]
    [InlineData("Last-Event-ID")]
    public async Task A_client_that_cannot_set_the_header_resumes_by_the_query(string name)
    {
        var room = Fresh.Room();
        var first = await host.Http.SayAsync(room, "1");
        await host.Http.SayAsync(room, "2");

        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events?{name}={first}");

        stream.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeTrue();
        (await stream.ReadAsync()).Text.ShouldBe("2");
    }

    [Fact]
    public async Task The_header_wins_over_the_query_and_an_empty_one_is_none()
    {
        var room = Fresh.Room();
        var first = await host.Http.SayAsync(room, "1");
        var second = await host.Http.SayAsync(room, "2");
        await host.Http.SayAsync(room, "3");

        await using var both = await host.OpenAsync($"/api/rooms/{room}/events?lastEventId={first}", lastEventId: second);
        await using var empty = await host.OpenAsync($"/api/rooms/{room}/events?lastEventId=");
        await using var emptyHeader = await host.OpenAsync($"/api/rooms/{room}/events?lastEventId={second}", lastEventId: "");

        (await both.ReadAsync()).Text.ShouldBe("3");
        empty.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeFalse();
        (await emptyHeader.ReadAsync()).Text.ShouldBe("3");
    }

    [Fact]
    public async Task Zero_is_a_valid_id_and_means_from_the_beginning()
    {
        var room = Fresh.Room();
        await host.Http.SayAsync(room, "1");

        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events", "0-0");

        stream.Welcome.Id.ShouldBe("0-0");
        stream.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeTrue();
        (await stream.ReadAsync()).Text.ShouldBe("1");
    }

    [Fact]
    public async Task Since_starts_with_the_first_event_of_that_time()
    {
        var room = Fresh.Room();
        var first = await host.Http.SayAsync(room, "1");
        await host.Http.SayAsync(room, "2");
        var time = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(first.Split('-')[0]));

        foreach (var since in new[] { "all", "90s", "10m", "2h", "1d", $"{time:yyyy-MM-ddTHH:mm:ss.fffZ}", $"{time.AddHours(2):yyyy-MM-ddTHH:mm:ss.fff}+02:00", "2020-01-01" })
        {
            await using var stream = await host.OpenAsync($"/api/rooms/{room}/events?since={since}");
            stream.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeFalse();
            (await stream.ReadAsync(2)).Select(b => b.Text).ShouldBe(["1", "2"], since);
        }

        await using var future = await host.OpenAsync($"/api/rooms/{room}/events?since=2099-01-01T00:00:00Z");
        await host.Http.SayAsync(room, "3");
        (await future.ReadAsync()).Text.ShouldBe("3");
    }

    [Fact]
    public async Task Last_gives_the_newest_events_counted_after_types()
    {
        var room = Fresh.Room();
        for (var i = 1; i <= 3; i++)
        {
            await host.Http.SayAsync(room, $"{i}");
            await host.Http.PostTextAsync($"/api/rooms/{room}/events", $$"""{"type":"other","data":{{i}}}""");
        }

        await using var messages = await host.OpenAsync($"/api/rooms/{room}/events?last=2&types=message");
        await using var any = await host.OpenAsync($"/api/rooms/{room}/events?last=2");
        await using var more = await host.OpenAsync($"/api/rooms/{room}/events?last=1000");

        (await messages.ReadAsync(2)).Select(b => b.Text).ShouldBe(["2", "3"]);
        (await any.ReadAsync(2)).Select(b => b.Event).ShouldBe(["message", "other"]);
        (await more.ReadAsync(6)).Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_last_id_wins_over_since_and_last()
    {
        var room = Fresh.Room();
        await host.Http.SayAsync(room, "1");
        var second = await host.Http.SayAsync(room, "2");
        await host.Http.SayAsync(room, "3");

        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events?since=all&last=3", second);

        (await stream.ReadAsync()).Text.ShouldBe("3");
    }

    [Fact]
    public async Task Types_passes_over_the_others_and_keeps_the_services_own()
    {
        var room = Fresh.Room();
        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events?types=doc:update,doc:close");

        await host.Http.SayAsync(room, "passed over");
        await host.Http.PostTextAsync($"/api/rooms/{room}/events", """{"type":"doc:update","data":1}""");
        await host.Http.PostTextAsync($"/api/rooms/{room}/events", """{"type":"doc:close","data":2}""");

        stream.Welcome.Event.ShouldBe("welcome");
        (await stream.ReadAsync(2)).Select(b => b.Event).ShouldBe(["doc:update", "doc:close"]);
    }

    [Fact]
    public async Task An_ephemeral_event_has_no_id_and_reaches_only_who_is_there()
    {
        var room = Fresh.Room();
        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events");
        await host.Http.SayAsync(room, "stored");

        using var answer = await host.Http.PostTextAsync($"/api/rooms/{room}/events?as=ada", """{"type":"caret","data":{"x":1},"ephemeral":true}""");
        var blocks = await stream.ReadAsync(2);
        await using var late = await host.OpenAsync($"/api/rooms/{room}/events?since=all");
        await host.Http.SayAsync(room, "next");

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await answer.Content.ReadAsStringAsync()).ShouldBeEmpty();
        blocks[1].Id.ShouldBeNull();
        blocks[1].Event.ShouldBe("caret");
        blocks[1].Json.TryGetProperty("id", out _).ShouldBeFalse();
        blocks[1].Json.GetProperty("from").GetProperty("id").GetString().ShouldBe("ada");
        (await late.ReadAsync(2)).Select(b => b.Text).ShouldBe(["stored", "next"]);
    }

    [Fact]
    public async Task A_room_stream_takes_a_position_too_and_starts_now_where_it_does_not_know_the_room()
    {
        var (room, other) = (Fresh.Room(), Fresh.Room());
        string position;
        await using (var several = await host.OpenAsync($"/api/events?topic=room:{room}")) position = several.Welcome.Id!;
        await host.Http.SayAsync(room, "missed");
        await host.Http.SayAsync(other, "before");

        await using var known = await host.OpenAsync($"/api/rooms/{room}/events", position);
        await using var unknown = await host.OpenAsync($"/api/rooms/{other}/events", position);
        await host.Http.SayAsync(other, "after");

        (await known.ReadAsync()).Text.ShouldBe("missed");
        (await unknown.ReadAsync()).Text.ShouldBe("after");
    }

    [Fact]
    public async Task People_write_in_their_own_letters_and_lines()
    {
        var room = Fresh.Room();
        const string text = "Grüße, 你好 😀 \"quoted\" \\ \r\n data: no\n\nid: 7 \u2028 \u007f";
        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events");

        await host.Http.SayAsync(room, text);
        var block = await stream.ReadAsync();

        block.Text.ShouldBe(text);
        block.Data!.ShouldContain("Grüße, 你好 😀");
    }
}
