using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Queries;

public sealed class RoomHistoryTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Fact]
    public async Task A_room_without_events_has_an_empty_history()
    {
        var page = await ReadAsync(Fresh.Room(), "");

        page.GetRawText().ShouldBe("""{"events":[],"before":null,"after":null}""");
    }

    [Fact]
    public async Task The_newest_events_come_oldest_first_as_the_stream_sent_them()
    {
        var room = Fresh.Room();
        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events?presence=false");
        await FillAsync(room, 60);
        using var ephemeral = await host.Http.PostTextAsync($"/api/rooms/{room}/events", """{"type":"t","data":1,"ephemeral":true}""");
        var sent = await stream.ReadAsync(60);

        var page = await ReadAsync(room, "");

        page.GetProperty("events").EnumerateArray().Select(e => e.GetRawText()).ShouldBe(sent.Skip(10).Select(b => b.Data));
        page.GetProperty("before").GetString().ShouldBe(sent[10].Id);
        page.GetProperty("after").GetString().ShouldBe(sent[59].Id);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(600)]
    [InlineData(1000)]
    public async Task Paging_either_way_finds_every_event_once(int limit)
    {
        var room = Fresh.Room();
        var count = limit == 1 ? 20 : 600;
        await FillAsync(room, count);

        var back = new List<int>();
        for (string? before = null, query = ""; ; query = $"&before={before}")
        {
            var page = await ReadAsync(room, $"?limit={limit}{query}");
            back.InsertRange(0, Numbers(page));
            Numbers(page).Count.ShouldBeLessThanOrEqualTo(limit);
            before = page.GetProperty("before").GetString();
            if (before is null) break;
        }

        var forth = new List<int>();
        for (string? after = "0-0"; after is not null;)
        {
            var page = await ReadAsync(room, $"?limit={limit}&after={after}");
            forth.AddRange(Numbers(page));
            after = page.GetProperty("after").GetString();
        }

        back.ShouldBe(Enumerable.Range(0, count));
        forth.ShouldBe(Enumerable.Range(0, count));
    }

    [Fact]
    public async Task Types_are_filtered_before_the_limit_counts_and_paging_still_finds_all()
    {
        var room = Fresh.Room();
        await FillAsync(room, 300, i => i % 100 == 0 ? "rare" : i % 2 == 0 ? "even" : "odd");
        await host.Http.SayAsync(room, "hi");

        var newest = await ReadAsync(room, "?types=rare&limit=2");
        var older = await ReadAsync(room, $"?types=rare&limit=2&before={newest.GetProperty("before").GetString()}");
        var first = await ReadAsync(room, "?types=rare,message&limit=2&after=0-0");
        var rest = await ReadAsync(room, $"?types=rare,message&limit=2&after={first.GetProperty("after").GetString()}");
        var none = await ReadAsync(room, "?types=unheard");

        Numbers(newest).ShouldBe([100, 200]);
        Numbers(older).ShouldBe([0]);
        older.GetProperty("before").GetString().ShouldBeNull();
        Numbers(first).ShouldBe([0, 100]);
        rest.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("type").GetString()).ShouldBe(["rare", "message"]);
        none.GetProperty("events").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Before_and_after_leave_out_the_events_that_they_name()
    {
        var room = Fresh.Room();
        await FillAsync(room, 10);
        var ids = (await host.Http.StoredAsync($"room:{room}")).ConvertAll(e => e.GetProperty("id").GetString());

        var before = await ReadAsync(room, $"?before={ids[3]}");
        var after = await ReadAsync(room, $"?after={ids[6]}");
        var between = await ReadAsync(room, $"?after={ids[2]}&before={ids[6]}");
        var beyond = await ReadAsync(room, $"?after={ids[9]}");

        Numbers(before).ShouldBe([0, 1, 2]);
        Numbers(after).ShouldBe([7, 8, 9]);
        Numbers(between).ShouldBe([3, 4, 5]);
        Numbers(beyond).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("limit=99999999999999999999", "limit")]
    [InlineData("limit=1.5", "limit")]
    [InlineData("limit=%2B5", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("limit=5&limit=6", "limit")]
    [InlineData("before=1", "before")]
    [InlineData("before=-1-0", "before")]
    [InlineData("before=18446744073709551616-0", "before")]
    [InlineData("after=x", "after")]
    [InlineData("after=1-0-0", "after")]
    [InlineData("after=%201-0", "after")]
    [InlineData("types=a%20b", "types")]
    [InlineData("types=message,", "types")]
    [InlineData("types=1st", "types")]
    public async Task A_query_out_of_range_is_refused_by_the_name_of_its_parameter(string query, string field)
    {
        using var answer = await host.Http.GetAsync($"/api/rooms/general/messages?{query}");

        await answer.ShouldBeInvalidAsync(field);
    }

    [Theory]
    [InlineData(new[] { "general" }, new string[0], true)]
    [InlineData(new string[0], new[] { "gen*" }, true)]
    [InlineData(new string[0], new string[0], false)]
    [InlineData(new[] { "other" }, new[] { "other" }, false)]
    public async Task History_takes_the_right_to_subscribe(string[] rooms, string[] roomsRead, bool reads)
    {
        await host.Http.SayAsync("general", "hi");
        using var client = host.NewClient(await host.TokenAsync("ada", rooms: rooms, roomsRead: roomsRead));

        using var answer = await client.GetAsync("/api/rooms/general/messages");

        if (reads) (await answer.JsonAsync()).GetProperty("events").GetArrayLength().ShouldBeGreaterThan(0);
        else await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    private static List<int> Numbers(JsonElement page) => [.. page.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("data").GetInt32())];

    private async Task<JsonElement> ReadAsync(string room, string query)
    {
        using var answer = await host.Http.GetAsync($"/api/rooms/{room}/messages{query}");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        return await answer.JsonAsync();
    }

    /// <summary>Publishes the numbers from 0 to the room, in this order.</summary>
    private async Task FillAsync(string room, int count, Func<int, string>? typeOf = null)
    {
        foreach (var chunk in Enumerable.Range(0, count).Chunk(100))
        {
            var items = chunk.Select(i => new { topics = new[] { $"room:{room}" }, type = typeOf?.Invoke(i) ?? "t", data = i });
            using var answer = await host.Http.PostTextAsync("/api/publish", JsonSerializer.Serialize(items));
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        }
    }
}
