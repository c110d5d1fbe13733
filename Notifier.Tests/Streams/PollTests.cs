using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Streams;

public sealed class PollTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Fact]
    public async Task A_poll_without_a_position_answers_at_once_with_the_one_to_go_on_from()
    {
        var room = Fresh.Room();
        await host.Http.SayAsync(room, "before");

        var first = await PollAsync($"/api/rooms/{room}/events");
        var id = await host.Http.SayAsync(room, "after");
        var second = await PollAsync($"/api/rooms/{room}/events?lastEventId={LastId(first)}");

        Texts(first).ShouldBeEmpty();
        Texts(second).ShouldBe(["after"]);
        LastId(second).ShouldBe(id);
        second.GetProperty("gaps").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_poll_that_waits_is_answered_when_something_comes()
    {
        var room = Fresh.Room();
        var position = LastId(await PollAsync($"/api/rooms/{room}/events"));

        var waiting = PollAsync($"/api/rooms/{room}/events?lastEventId={position}&wait=20&types=wanted");
        await host.Http.SayAsync(room, "of another type");
        await host.Http.PostTextAsync($"/api/rooms/{room}/events", """{"type":"wanted","data":1}""");
        var answer = await waiting;

        answer.GetProperty("events").GetArrayLength().ShouldBe(1);
        answer.GetProperty("events")[0].GetProperty("type").GetString().ShouldBe("wanted");
    }

    [Fact]
    public async Task A_poll_that_waited_in_vain_answers_with_nothing_and_its_position()
    {
        var room = Fresh.Room();
        var id = await host.Http.SayAsync(room, "x");

        var answer = await PollAsync($"/api/rooms/{room}/events?lastEventId={id}&wait=1");

        Texts(answer).ShouldBeEmpty();
        LastId(answer).ShouldBe(id);
    }

    [Fact]
    public async Task A_client_goes_from_poll_to_stream_and_back_with_the_same_positions()
    {
        var (one, other) = (Fresh.Room(), Fresh.Room());
        var path = $"/api/events?topic=room:{one}&topic=room:{other}";
        var position = LastId(await PollAsync(path));
        await host.Http.SayAsync(one, "1");
        await host.Http.SayAsync(other, "2");

        var polled = await PollAsync($"{path}&lastEventId={position}");
        await host.Http.SayAsync(one, "3");
        await using var stream = await host.OpenAsync(path, LastId(polled));
        var streamed = await stream.ReadAsync();
        await host.Http.SayAsync(other, "4");
        var again = await PollAsync($"{path}&lastEventId={streamed.Id}");

        Texts(polled).ShouldBe(["1", "2"], ignoreOrder: true);
        streamed.Text.ShouldBe("3");
        Texts(again).ShouldBe(["4"]);
    }

    [Fact]
    public async Task A_poll_takes_since_and_last_and_gives_a_long_log_in_pieces()
    {
        await using var large = NotifierHost.With(("Log:MaxEventsPerTopic", "5000"));
        var room = Fresh.Room();
        for (var i = 0; i < 15; i++)
        {
            var events = string.Join(',', Enumerable.Range(i * 100, 100).Select(n => $$$"""{"topics":["room:{{{room}}}"],"type":"n","data":{{{n}}}}"""));
            (await large.Http.PostTextAsync("/api/publish", $"[{events}]")).EnsureSuccessStatusCode();
        }

        var numbers = new List<int>();
        var answer = await PollAsync($"/api/rooms/{room}/events?since=all", large);
        while (answer.GetProperty("events").GetArrayLength() > 0)
        {
            answer.GetProperty("events").GetArrayLength().ShouldBeLessThanOrEqualTo(1000);
            numbers.AddRange(answer.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("data").GetInt32()));
            answer = await PollAsync($"/api/rooms/{room}/events?lastEventId={LastId(answer)}", large);
        }

        numbers.ShouldBe(Enumerable.Range(0, 1500));
        (await PollAsync($"/api/rooms/{room}/events?last=3", large)).GetProperty("events").GetArrayLength().ShouldBe(3);
    }

    private static string LastId(JsonElement answer) => answer.GetProperty("lastEventId").GetString()!;

    private static IEnumerable<string?> Texts(JsonElement answer) =>
        answer.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("data").GetProperty("text").GetString());

    private async Task<JsonElement> PollAsync(string path, NotifierHost? other = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await (other ?? host).Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return await answer.JsonAsync();
    }
}
