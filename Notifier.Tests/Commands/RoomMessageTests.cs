using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

public sealed class RoomMessageTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Theory]
    [InlineData("""{"text":"hi"}""", """{"text":"hi"}""")]
    [InlineData("""{"text":"hi","data":{"a":[1,{"b":null}],"c":"é"}}""", """{"text":"hi","data":{"a":[1,{"b":null}],"c":"é"}}""")]
    [InlineData("""{ "data" : { } , "text" : "<b>&\"\\ 👋" }""", """{"text":"<b>&\"\\ 👋","data":{}}""")]
    [InlineData("""{"text":"hi","data":null}""", """{"text":"hi"}""")]
    public async Task A_message_holds_the_text_and_the_data_that_were_sent(string sent, string data)
    {
        var room = Fresh.Room();

        using var answer = await host.Http.PostTextAsync($"/api/rooms/{room}/messages", sent);

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await answer.JsonAsync()).GetProperty("type").GetString().ShouldBe("message");
        JsonElement.DeepEquals((await host.Http.StoredAsync($"room:{room}")).Single().GetProperty("data"), JsonDocument.Parse(data).RootElement).ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{}""", "text")]
    [InlineData("""{"Text":"hi"}""", "text")]
    [InlineData("""{"text":null}""", "text")]
    [InlineData("""{"text":""}""", "text")]
    [InlineData("""{"text":5}""", "text")]
    [InlineData("""{"text":["hi"]}""", "text")]
    [InlineData("""{"text":"hi","data":"x"}""", "data")]
    [InlineData("""{"text":"hi","data":[1]}""", "data")]
    [InlineData("""{"text":"hi","data":5}""", "data")]
    [InlineData("""{"text":"hi","clientMessageId":5}""", "clientMessageId")]
    public async Task A_message_of_another_form_is_refused_by_the_name_of_its_field(string json, string field)
    {
        var room = Fresh.Room();

        using var answer = await host.Http.PostTextAsync($"/api/rooms/{room}/messages", json);

        await answer.ShouldBeInvalidAsync(field);
        (await host.Http.StoredAsync($"room:{room}")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_text_of_4000_characters_is_taken_and_one_of_4001_is_not()
    {
        var room = Fresh.Room();

        using var tooLong = await host.Http.PostTextAsync($"/api/rooms/{room}/messages", JsonSerializer.Serialize(new { text = new string('x', 4001) }));
        using var longest = await host.Http.PostTextAsync($"/api/rooms/{room}/messages", $$"""{"text":"{{new string('é', 4000)}}"}""");

        longest.StatusCode.ShouldBe(HttpStatusCode.Created);
        await tooLong.ShouldBeInvalidAsync("text");
        (await host.Http.StoredAsync($"room:{room}")).Single().GetProperty("data").GetProperty("text").GetString().ShouldBe(new string('é', 4000));
    }

    [Fact]
    public async Task Ids_in_a_room_only_grow_however_many_send_at_once()
    {
        var room = Fresh.Room();

        var ids = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => host.Http.SayAsync(room, $"{i}")));

        var stored = (await host.Http.StoredAsync($"room:{room}")).ConvertAll(e => e.GetProperty("id").GetString()!);
        stored.ShouldBe(ids, ignoreOrder: true);
        stored.ShouldBe(stored.OrderBy(id => long.Parse(id.Split('-')[0])).ThenBy(id => long.Parse(id.Split('-')[1])));
    }
}
