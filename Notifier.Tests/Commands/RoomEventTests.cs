using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

public sealed class RoomEventTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Theory]
    [InlineData("doc:update", """{"ops":[1,2,{"x":null}]}""")]
    [InlineData("Case.Kept_1-2", "5")]
    [InlineData("t", "null")]
    [InlineData("t", "\"text\"")]
    [InlineData("t", "[]")]
    [InlineData("t", "1e400")]
    [InlineData("t", "12345678901234567890.12345678901234567890")]
    public async Task Any_JSON_goes_into_a_room_under_a_type_of_ones_own(string type, string data)
    {
        var room = Fresh.Room();

        using var answer = await host.Http.PostTextAsync($"/api/rooms/{room}/events", $$"""{"type":"{{type}}","data":{{data}}}""");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var stored = (await host.Http.StoredAsync($"room:{room}")).Single();
        stored.GetProperty("type").GetString().ShouldBe(type);
        stored.GetProperty("data").GetRawText().ShouldBe(data);
    }

    [Theory]
    [InlineData("welcome")]
    [InlineData("gap")]
    [InlineData("presence")]
    [InlineData("typing")]
    [InlineData("expired")]
    [InlineData("busy")]
    [InlineData("ping")]
    [InlineData("stats")]
    [InlineData("open")]
    [InlineData("error")]
    [InlineData("message")]
    [InlineData("private-message")]
    [InlineData("notification")]
    [InlineData("notifications:read")]
    [InlineData("progress:updated")]
    [InlineData("")]
    [InlineData("1st")]
    [InlineData(":t")]
    [InlineData("a b")]
    [InlineData("a~b")]
    [InlineData("é")]
    [InlineData("x1234567890123456789012345678901234567890123456789012345678901234")]
    public async Task Nobody_fakes_an_event_of_the_service_or_of_another_command_nor_breaks_the_rule_for_types(string type)
    {
        var room = Fresh.Room();

        using var stored = await host.Http.PostTextAsync($"/api/rooms/{room}/events", $$"""{"type":"{{type}}","data":1}""");
        using var ephemeral = await host.Http.PostTextAsync($"/api/rooms/{room}/events", $$"""{"type":"{{type}}","data":1,"ephemeral":true}""");

        await stored.ShouldBeInvalidAsync("type");
        await ephemeral.ShouldBeInvalidAsync("type");
        (await host.Http.StoredAsync($"room:{room}")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"data":1}""", "type")]
    [InlineData("""{"type":null,"data":1}""", "type")]
    [InlineData("""{"type":5,"data":1}""", "type")]
    [InlineData("""{"type":"t"}""", "data")]
    [InlineData("""{"type":"t","data":1,"ephemeral":"yes"}""", "ephemeral")]
    [InlineData("""{"type":"t","data":1,"ephemeral":1}""", "ephemeral")]
    public async Task An_event_of_another_form_is_refused_by_the_name_of_its_field(string json, string field)
    {
        using var answer = await host.Http.PostTextAsync($"/api/rooms/{Fresh.Room()}/events", json);

        await answer.ShouldBeInvalidAsync(field);
    }

    [Fact]
    public async Task An_ephemeral_event_is_told_to_who_is_there_and_never_again()
    {
        var room = Fresh.Room();
        var first = await host.Http.SayAsync(room, "before");
        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events?presence=false");

        using var answer = await host.Http.PostTextAsync(
            $"/api/rooms/{room}/events?as=ada", """{"type":"cursor","data":{"x":1},"ephemeral":true,"clientMessageId":"c"}""");
        await host.Http.SayAsync(room, "after");

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        var told = await stream.ReadAsync();
        told.Id.ShouldBeNull();
        told.Event.ShouldBe("cursor");
        told.Json.EnumerateObject().Select(p => p.Name).ShouldBe(["topic", "type", "at", "from", "clientMessageId", "data"], ignoreOrder: true);
        told.Json.GetProperty("from").GetProperty("id").GetString().ShouldBe("ada");
        told.Json.GetProperty("data").GetRawText().ShouldBe("""{"x":1}""");
        (await stream.ReadAsync()).Text.ShouldBe("after");
        await using var replay = await host.OpenAsync($"/api/rooms/{room}/events?presence=false", first);
        (await replay.ReadAsync()).Text.ShouldBe("after");
        (await host.Http.StoredAsync($"room:{room}")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task With_If_Match_an_event_is_stored_on_the_newest_one_alone()
    {
        var room = Fresh.Room();
        var old = await host.Http.SayAsync(room, "old");
        var newest = await host.Http.SayAsync(room, "newest");

        using var late = await PostAsync(room, $"\"{old}\"");
        using var inTime = await PostAsync(room, $"\"{newest}\"");
        using var again = await PostAsync(room, $"\"{newest}\"");

        (await late.ShouldBeProblemAsync(HttpStatusCode.PreconditionFailed)).GetRawText().ShouldContain($"\"{newest}\"");
        inTime.StatusCode.ShouldBe(HttpStatusCode.Created);
        var stored = (await inTime.JsonAsync()).GetProperty("id").GetString();
        (await again.ShouldBeProblemAsync(HttpStatusCode.PreconditionFailed)).GetRawText().ShouldContain($"\"{stored}\"");
        (await host.Http.StoredAsync($"room:{room}")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Of_many_who_build_on_the_same_event_one_is_stored()
    {
        var room = Fresh.Room();
        var head = await host.Http.SayAsync(room, "head");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => PostAsync(room, $"\"{head}\"")));

        answers.Count(a => a.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        answers.Count(a => a.StatusCode == HttpStatusCode.PreconditionFailed).ShouldBe(19);
        (await host.Http.StoredAsync($"room:{room}")).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("1-0")]
    [InlineData("\"1\"")]
    [InlineData("\"\"")]
    [InlineData("\"1-0")]
    [InlineData("\"1-0\", \"2-0\"")]
    [InlineData("W/\"1-0\"")]
    [InlineData("\"-1-0\"")]
    [InlineData("\"18446744073709551616-0\"")]
    public async Task An_If_Match_that_is_no_id_in_quotes_is_refused(string ifMatch)
    {
        var room = Fresh.Room();

        using var answer = await PostAsync(room, ifMatch);

        await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        (await host.Http.StoredAsync($"room:{room}")).ShouldBeEmpty();
    }

    private Task<HttpResponseMessage> PostAsync(string room, string ifMatch) =>
        host.Http.PostTextAsync($"/api/rooms/{room}/events", JsonSerializer.Serialize(new { type = "t", data = 1 }), ("If-Match", ifMatch));
}
