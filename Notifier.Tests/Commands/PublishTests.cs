using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

public sealed class PublishTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Fact]
    public async Task A_broadcast_reaches_everybody()
    {
        await using var user = await host.OpenAsync($"/api/users/me/events?as={Fresh.User()}");
        await using var everyone = await host.OpenAsync("/api/events?topic=all");

        using var answer = await host.Http.PostTextAsync("/api/broadcast?as=backend", """{"type":"maintenance","data":{"at":"noon"}}""");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        foreach (var block in new[] { await user.ReadAsync(), await everyone.ReadAsync() })
        {
            block.Event.ShouldBe("maintenance");
            block.EventId.ShouldBe((await answer.JsonAsync()).GetProperty("id").GetString());
            block.Json.GetProperty("topic").GetString().ShouldBe("all");
            block.Json.GetProperty("data").GetRawText().ShouldBe("""{"at":"noon"}""");
        }
    }

    [Fact]
    public async Task One_event_is_published_to_a_thousand_topics_as_one_command()
    {
        var prefix = Fresh.Room();
        var topics = Enumerable.Range(0, 999).Select(i => $"room:{prefix}-{i}").Append($"user:{prefix}").ToArray();

        using var answer = await host.Http.PostTextAsync("/api/publish", JsonSerializer.Serialize(new { topics, type = "t", data = new { n = 1 } }));

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var results = (await answer.JsonAsync()).GetProperty("results").EnumerateArray().ToList();
        results.ConvertAll(r => r.GetProperty("topic").GetString()).ShouldBe(topics);
        var first = (await host.Http.StoredAsync(topics[0])).Single();
        var last = (await host.Http.StoredAsync(topics[^1], prefix)).Single();
        first.GetProperty("id").GetString().ShouldBe(results[0].GetProperty("id").GetString());
        last.GetProperty("id").GetString().ShouldBe(results[^1].GetProperty("id").GetString());
        first.GetProperty("data").GetRawText().ShouldBe("""{"n":1}""");
        first.GetProperty("commandId").GetString().ShouldNotBeNullOrEmpty();
        first.GetProperty("commandId").GetString().ShouldBe(last.GetProperty("commandId").GetString());
    }

    [Fact]
    public async Task A_hundred_events_are_published_in_one_array_and_answered_in_its_order()
    {
        var (room, user) = (Fresh.Room(), Fresh.User());
        var items = Enumerable.Range(0, 100).Select(i => new { topics = i % 2 == 0 ? [$"room:{room}"] : new[] { $"room:{room}", $"user:{user}" }, type = $"t{i}", data = i });

        using var answer = await host.Http.PostTextAsync("/api/publish", JsonSerializer.Serialize(items));

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var results = (await answer.JsonAsync()).GetProperty("results").EnumerateArray().ToList();
        results.ConvertAll(r => (r.GetProperty("topic").GetString(), r.GetProperty("type").GetString()))
            .ShouldBe(items.SelectMany(i => i.topics.Select(t => ((string?)t, (string?)i.type))));
        (await host.Http.StoredAsync($"room:{room}")).ConvertAll(e => e.GetProperty("data").GetInt32()).ShouldBe(Enumerable.Range(0, 100));
        (await host.Http.StoredAsync($"user:{user}", user)).ConvertAll(e => e.GetProperty("data").GetInt32()).ShouldBe(Enumerable.Range(0, 50).Select(i => (2 * i) + 1));
    }

    [Theory]
    [InlineData("""{"topics":[],"type":"t","data":1}""")]
    [InlineData("""{"type":"t","data":1}""")]
    [InlineData("""{"topics":null,"type":"t","data":1}""")]
    [InlineData("""{"topics":"room:{n}","type":"t","data":1}""")]
    [InlineData("""{"topics":["room:{n}",null],"type":"t","data":1}""")]
    [InlineData("""{"topics":["room:{n}",5],"type":"t","data":1}""")]
    [InlineData("""{"topics":["room:{n}","room:.."],"type":"t","data":1}""")]
    [InlineData("""{"topics":["room:{n}","room:a b"],"type":"t","data":1}""")]
    [InlineData("""{"topics":["room:{n}","room:a\n"],"type":"t","data":1}""")]
    [InlineData("""{"topics":["room:{n}","Room:a"],"type":"t","data":1}""")]
    [InlineData("""{"topics":["room:{n}","general"],"type":"t","data":1}""")]
    [InlineData("""{"topics":["room:{n}","user:"],"type":"t","data":1}""")]
    [InlineData("""{"topics":["room:{n}","room:{n}"],"type":"t","data":1}""")]
    [InlineData("""{"topics":["room:{n}","user:me","user:ada"],"type":"t","data":1}""")]
    [InlineData("""{"topics":["room:{n}"],"data":1}""")]
    [InlineData("""{"topics":["room:{n}"],"type":"t"}""")]
    [InlineData("""{"topics":["room:{n}"],"type":"welcome","data":1}""")]
    [InlineData("""{"topics":["room:{n}"],"type":"error","data":1}""")]
    [InlineData("""{"topics":["room:{n}"],"type":"a\rb","data":1}""")]
    [InlineData("""[]""")]
    [InlineData("""[{"topics":["room:{n}"],"type":"t","data":1},null]""")]
    [InlineData("""[{"topics":["room:{n}"],"type":"t","data":1},5]""")]
    [InlineData("""[{"topics":["room:{n}"],"type":"t","data":1},[]]""")]
    [InlineData("""[{"topics":["room:{n}"],"type":"t","data":1},{}]""")]
    [InlineData("""[{"topics":["room:{n}"],"type":"t","data":1},{"topics":["room:{n}"],"type":"ping","data":1}]""")]
    public async Task One_thing_wrong_refuses_the_whole_and_stores_nothing(string json)
    {
        var room = Fresh.Room();

        using var answer = await host.Http.PostTextAsync("/api/publish?as=ada", json.Replace("{n}", room, StringComparison.Ordinal));

        var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        problem.GetProperty("errors").EnumerateObject().ShouldNotBeEmpty();
        (await host.Http.StoredAsync($"room:{room}")).ShouldBeEmpty();
    }

    [Fact]
    public async Task More_than_a_thousand_topics_or_a_hundred_events_are_refused()
    {
        var room = Fresh.Room();
        var topics = Enumerable.Range(0, 1001).Select(i => i == 0 ? $"room:{room}" : $"room:{room}-{i}");
        var items = Enumerable.Range(0, 101).Select(i => new { topics = new[] { $"room:{room}" }, type = "t", data = i });

        using var tooManyTopics = await host.Http.PostTextAsync("/api/publish", JsonSerializer.Serialize(new { topics, type = "t", data = 1 }));
        using var tooManyEvents = await host.Http.PostTextAsync("/api/publish", JsonSerializer.Serialize(items));

        await tooManyTopics.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        await tooManyEvents.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        (await host.Http.StoredAsync($"room:{room}")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"data":1}""", "type")]
    [InlineData("""{"type":"t"}""", "data")]
    [InlineData("""{"type":"busy","data":1}""", "type")]
    [InlineData("""{"type":"open","data":1}""", "type")]
    [InlineData("""{"type":"a b","data":1}""", "type")]
    [InlineData("""{"type":["t"],"data":1}""", "type")]
    public async Task A_broadcast_of_another_form_is_refused_by_the_name_of_its_field(string json, string field)
    {
        using var answer = await host.Http.PostTextAsync("/api/broadcast", json);

        await answer.ShouldBeInvalidAsync(field);
    }
}
