using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

public sealed class EnvelopeTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task An_acknowledged_event_is_stored_as_the_acknowledgement_says(string path, string members, string topic)
    {
        (var name, path, members, topic) = EveryCommand.Fill(path, members, topic);

        using var answer = await host.Http.PostTextAsync($"{path}?as=writer", $"{{{members}}}");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        var acknowledged = await EveryCommand.AcknowledgementAsync(answer);
        acknowledged.EnumerateObject().Select(p => p.Name).ShouldBe(["id", "topic", "type", "at"], ignoreOrder: true);
        acknowledged.GetProperty("topic").GetString().ShouldBe(topic);
        var stored = await FindAsync(topic, name, acknowledged);
        foreach (var member in acknowledged.EnumerateObject()) stored.GetProperty(member.Name).GetString().ShouldBe(member.Value.GetString());
    }

    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task Who_an_event_is_from_is_never_taken_from_its_body(string path, string members, string topic)
    {
        const string Fakes = """
            "from":{"id":"mallory"},"via":{"id":"mallory"},"sub":"mallory","sender":"mallory","id":"1-1","at":"2001-01-01T00:00:00.000Z","commandId":"c"
            """;
        (var name, path, members, topic) = EveryCommand.Fill(path, members, topic);

        using var answer = await host.Http.PostTextAsync($"{path}?as=writer", $"{{{members},{Fakes}}}");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var stored = await FindAsync(topic, name, await EveryCommand.AcknowledgementAsync(answer));
        stored.GetProperty("from").GetRawText().ShouldBe("""{"id":"writer"}""");
        stored.TryGetProperty("via", out _).ShouldBeFalse();
        stored.GetProperty("id").GetString().ShouldNotBe("1-1");
        stored.GetProperty("at").GetString()!.ShouldNotStartWith("2001");
        (stored.TryGetProperty("commandId", out var command) ? command.GetString() : null).ShouldNotBe("c");
    }

    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task A_publisher_speaks_for_somebody_else_and_is_named_as_who_sent_it(string path, string members, string topic)
    {
        (var name, path, members, topic) = EveryCommand.Fill(path, members, topic);

        using var answer = await host.Http.PostTextAsync($"{path}?as=backend", $$$"""{{{{members}}},"onBehalfOf":{"id":"ada","name":"Ada"}}""");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        var stored = await FindAsync(topic, name, await EveryCommand.AcknowledgementAsync(answer));
        stored.GetProperty("from").GetRawText().ShouldBe("""{"id":"ada","name":"Ada"}""");
        stored.GetProperty("via").GetRawText().ShouldBe("""{"id":"backend"}""");
    }

    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task Speaking_for_somebody_else_takes_the_role_publisher(string path, string members, string topic)
    {
        (var name, path, members, topic) = EveryCommand.Fill(path, members, topic);
        using var client = host.NewClient(await host.TokenAsync("mallory", roles: ["instructor"], rooms: ["*"]));

        using var answer = await client.PostTextAsync(path, $$$"""{{{{members}}},"onBehalfOf":{"id":"ada"}}""");

        await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        if (topic != "all") (await host.Http.StoredAsync(topic, name)).ShouldBeEmpty();
    }

    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task The_clients_own_id_comes_back_live_and_on_replay(string path, string members, string topic)
    {
        (var name, path, members, topic) = EveryCommand.Fill(path, members, topic);
        await using var live = await host.OpenAsync($"/api/events?topic={topic}&as={name}&presence=false");

        using var answer = await host.Http.PostTextAsync(path, $$"""{{{members}},"clientMessageId":"mine 7"}""");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var block = await live.ReadAsync();
        block.Json.GetProperty("clientMessageId").GetString().ShouldBe("mine 7");
        await using var replay = await host.OpenAsync($"/api/events?topic={topic}&as={name}&presence=false", live.Welcome.Id);
        (await replay.ReadAsync()).Data.ShouldBe(block.Data);
    }

    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task A_clients_own_id_of_other_than_1_to_64_characters_is_refused(string path, string members, string topic)
    {
        (_, path, members, _) = EveryCommand.Fill(path, members, topic);
        foreach (var id in new[] { "", new string('x', 65), "a\nb", "a\rb" })
        {
            using var refused = await host.Http.PostTextAsync(path, $$"""{{{members}},"clientMessageId":{{JsonSerializer.Serialize(id)}}}""");

            var problem = await refused.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
            problem.GetProperty("errors").EnumerateObject().Single().Name.ShouldEndWith("clientMessageId");
        }

        using var longest = await host.Http.PostTextAsync(path, $$"""{{{members}},"clientMessageId":"{{new string('x', 64)}}"}""");
        longest.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"id":""}""")]
    [InlineData("""{"id":"a b"}""")]
    [InlineData("""{"id":".."}""")]
    [InlineData("""{"id":"a\n"}""")]
    [InlineData("""{"id":"ada","name":"a\nb"}""")]
    [InlineData("""{"id":"ada","name":5}""")]
    [InlineData("""["ada"]""")]
    [InlineData(""" "ada" """)]
    public async Task Whom_a_publisher_speaks_for_has_to_be_a_user(string onBehalfOf)
    {
        using var answer = await host.Http.PostTextAsync($"/api/rooms/{Fresh.Room()}/messages", $$"""{"text":"hi","onBehalfOf":{{onBehalfOf}}}""");

        var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        problem.GetProperty("errors").EnumerateObject().Single().Name.ShouldStartWith("onBehalfOf", Case.Insensitive);
    }

    [Fact]
    public async Task The_name_in_a_token_is_the_name_in_its_events()
    {
        var room = Fresh.Room();
        using var client = host.NewClient(await host.TokenAsync("ada", rooms: [room], name: "Ada Łovelace"));

        await client.SayAsync(room, "hi");

        var stored = (await host.Http.StoredAsync($"room:{room}")).Single();
        stored.GetProperty("from").GetProperty("id").GetString().ShouldBe("ada");
        stored.GetProperty("from").GetProperty("name").GetString().ShouldBe("Ada Łovelace");
    }

    private async Task<JsonElement> FindAsync(string topic, string user, JsonElement acknowledged) =>
        (await host.Http.StoredAsync(topic, user)).Single(e => e.GetProperty("id").GetString() == acknowledged.GetProperty("id").GetString());
}
