using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

public sealed class TicketTests(TokenHost tokens) : IClassFixture<TokenHost>
{
    private readonly NotifierHost _host = tokens.Host;

    [Fact]
    public async Task A_ticket_opens_one_stream_of_its_user_and_no_second_one()
    {
        var ticket = await IssueAsync(TestTokens.For("ada", rooms: ["general"]));

        await using var stream = await _host.OpenAsync($"/api/rooms/general/events?ticket={ticket}");
        using var second = await _host.Http.GetAsync($"/api/rooms/general/events?ticket={ticket}");

        stream.Welcome.Json.GetProperty("user").GetProperty("id").GetString().ShouldBe("ada");
        await second.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Of_many_who_come_with_the_same_ticket_at_once_one_gets_in()
    {
        var ticket = await IssueAsync(TestTokens.For("ada", rooms: ["general"]));

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => PollAsync($"/api/rooms/general/events?ticket={ticket}")));

        answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(a => a.StatusCode == HttpStatusCode.Unauthorized).ShouldBe(9);
    }

    [Fact]
    public async Task A_ticket_says_how_long_it_lasts_and_is_never_the_same()
    {
        using var client = _host.NewClient(TestTokens.For("ada"));

        using var without = await client.PostAsync("/api/tickets", null);
        using var with = await client.PostTextAsync("/api/tickets", """{"topics":["user:me","all"]}""");

        foreach (var answer in new[] { without, with })
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
            (await answer.JsonAsync()).GetProperty("expiresInSeconds").GetInt32().ShouldBe(60);
        }

        (await without.JsonAsync()).GetProperty("ticket").GetString()!.Length.ShouldBeGreaterThan(20);
        (await without.JsonAsync()).GetProperty("ticket").GetString().ShouldNotBe((await with.JsonAsync()).GetProperty("ticket").GetString());
    }

    [Fact]
    public async Task A_ticket_is_not_spent_by_a_request_that_opens_nothing()
    {
        var ticket = await IssueAsync(TestTokens.For("ada", rooms: ["general", "other"]), "room:general");
        using var head = await _host.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/api/rooms/general/events?ticket={ticket}"));
        using var invalid = await _host.Http.GetAsync($"/api/rooms/general/events?last=0&ticket={ticket}");
        using var unbound = await _host.Http.GetAsync($"/api/rooms/other/events?ticket={ticket}");
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/rooms/general/events?ticket={ticket}");
        request.Headers.Accept.ParseAdd("text/html");
        using var unacceptable = await _host.Http.SendAsync(request);

        await using var stream = await _host.OpenAsync($"/api/rooms/general/events?ticket={ticket}");

        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        await invalid.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        await unbound.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        await unacceptable.ShouldBeProblemAsync(HttpStatusCode.NotAcceptable);
        stream.Welcome.Json.GetProperty("topics").GetRawText().ShouldBe("""["room:general"]""");
    }

    [Theory]
    [InlineData(new[] { "room:general" }, "/api/events?topic=room:general&topic=room:other", HttpStatusCode.Forbidden)]
    [InlineData(new[] { "room:general" }, "/api/users/me/events", HttpStatusCode.Forbidden)]
    [InlineData(new[] { "room:general" }, "/api/events?topic=all", HttpStatusCode.Forbidden)]
    [InlineData(new[] { "room:general", "room:other" }, "/api/rooms/other/events", HttpStatusCode.OK)]
    [InlineData(new[] { "user:me", "all" }, "/api/users/me/events", HttpStatusCode.OK)]
    [InlineData(new[] { "user:ada", "all" }, "/api/users/ada/events", HttpStatusCode.OK)]
    [InlineData(new string[0], "/api/events?topic=room:general&topic=user:me&topic=all", HttpStatusCode.OK)]
    [InlineData(new string[0], "/api/rooms/secret/events", HttpStatusCode.Forbidden)]
    [InlineData(new string[0], "/api/users/bob/events", HttpStatusCode.Forbidden)]
    public async Task A_ticket_opens_what_it_is_bound_to_and_never_more_than_its_user_may(string[] topics, string path, HttpStatusCode expected)
    {
        var ticket = await IssueAsync(TestTokens.For("ada", rooms: ["general", "other"]), topics);

        using var answer = await PollAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}ticket={ticket}");

        answer.StatusCode.ShouldBe(expected, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("room:secret")]
    [InlineData("user:bob")]
    public async Task Nobody_is_given_a_ticket_for_what_they_may_not_read(string topic)
    {
        using var client = _host.NewClient(TestTokens.For("ada", ["publisher"], ["general"]));

        using var answer = await client.PostTextAsync("/api/tickets", JsonSerializer.Serialize(new { topics = new[] { "all", topic } }));

        await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("%00")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_ticket_that_was_never_issued_is_refused(string ticket)
    {
        using var answer = await PollAsync($"/api/events?topic=all&ticket={ticket}");

        await answer.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_stream_by_ticket_ends_with_the_token_behind_it()
    {
        var ticket = await IssueAsync(TestTokens.For("ada", expiresIn: 2));
        await using var stream = await _host.OpenAsync($"/api/events?topic=all&ticket={ticket}");

        var last = await stream.ReadAsync();

        last.Event.ShouldBe("expired");
        (await stream.TryReadAsync()).ShouldBeNull();
        last.Data.ShouldBe("""{"reason":"token"}""");
    }

    private async Task<string> IssueAsync(string token, params string[] topics)
    {
        using var client = _host.NewClient(token);
        using var answer = topics.Length == 0
            ? await client.PostAsync("/api/tickets", null)
            : await client.PostTextAsync("/api/tickets", JsonSerializer.Serialize(new { topics }));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        return (await answer.JsonAsync()).GetProperty("ticket").GetString()!;
    }

    private Task<HttpResponseMessage> PollAsync(string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("application/json");
        return _host.Http.SendAsync(request);
    }
}
