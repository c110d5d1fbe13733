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
}
