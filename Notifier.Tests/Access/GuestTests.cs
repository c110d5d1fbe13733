using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

public sealed class GuestTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Theory]
    [InlineData("?as=ada", null, "^ada$")]
    [InlineData("?as=ada", "notifier_guest=bob", "^ada$")]
    [InlineData("", "notifier_guest=bob", "^bob$")]
    [InlineData("", "notifier_guest=a%20b", "^guest-[a-z0-9]{4}$")]
    [InlineData("", null, "^guest-[a-z0-9]{4}$")]
    public async Task A_caller_without_a_token_is_who_the_query_says_or_the_cookie_or_the_address(string query, string? cookie, string expected)
    {
        var room = Fresh.Room();
        for (var i = 0; i < 2; i++)
        {
            using var answer = await host.Http.PostTextAsync($"/api/rooms/{room}/messages{query}", """{"text":"hi"}""", cookie is null ? [] : [("Cookie", cookie)]);
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        var users = (await host.Http.StoredAsync($"room:{room}")).ConvertAll(e => e.GetProperty("from").GetProperty("id").GetString()!);
        users[0].ShouldMatch(expected);
        users[1].ShouldBe(users[0]);
    }

    [Theory]
    [InlineData("a%20b")]
    [InlineData("..")]
    [InlineData("%C3%A9")]
    [InlineData("a%0Ab")]
    [InlineData("-a")]
    public async Task A_guest_whose_name_breaks_the_rule_is_refused(string name)
    {
        using var command = await host.Http.PostTextAsync($"/api/rooms/a/messages?as={name}", """{"text":"hi"}""");
        using var stream = await host.Http.GetAsync($"/api/events?topic=all&as={name}");

        await command.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        await stream.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_guest_has_every_role_but_admin()
    {
        using var publishes = await host.Http.PostTextAsync("/api/broadcast?as=ada", """{"type":"t","data":1}""");
        using var completes = await host.Http.PostTextAsync($"/api/tracks/{Fresh.Room()}/lessons/abc/complete?as=ada", """{"userId":"bob"}""");
        using var reads = await host.Http.GetAsync("/api/rooms/any/messages?as=ada");
        using var spies = await host.Http.GetAsync("/api/users/bob/events?as=ada");

        publishes.StatusCode.ShouldBe(HttpStatusCode.Created);
        completes.StatusCode.ShouldBe(HttpStatusCode.Created);
        reads.StatusCode.ShouldBe(HttpStatusCode.OK);
        await spies.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_token_counts_before_the_query_and_a_bad_one_makes_nobody_a_guest()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/users/bob/events?as=bob");
        request.Headers.Authorization = new("Bearer", await host.TokenAsync("ada"));

        using var asBob = await host.Http.SendAsync(request);
        using var bad = await host.Http.PostTextAsync("/api/rooms/a/messages?as=bob", """{"text":"hi"}""", ("Authorization", "Bearer nonsense"));

        await asBob.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        await bad.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_development_token_holds_what_was_asked_for_and_ends_when_it_should()
    {
        var room = Fresh.Room();
        using var writer = host.NewClient(await host.TokenAsync("ada", rooms: [room], name: "Ada"));
        using var reader = host.NewClient(await host.TokenAsync("bob", roomsRead: [room]));
        await writer.SayAsync(room, "hi");
        await using var ending = await host.OpenAsync("/api/events?topic=all", token: await host.TokenAsync("eve", expiresInSeconds: 1));

        using var refused = await reader.PostTextAsync($"/api/rooms/{room}/messages", """{"text":"hi"}""");
        var stored = (await reader.StoredAsync($"room:{room}")).Single();
        var last = await ending.ReadAsync();

        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        stored.GetProperty("from").GetRawText().ShouldBe("""{"id":"ada","name":"Ada"}""");
        last.Event.ShouldBe("expired");
        (await ending.TryReadAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task In_Development_too_guests_can_be_shut_out()
    {
        await using var closed = NotifierHost.With(("Auth:AllowAnonymous", "false"), ("Auth:SigningKey", TestTokens.Key));
        using var client = closed.NewClient(TestTokens.For("ada"));

        using var guest = await closed.Http.PostTextAsync("/api/users/me/messages?as=ada", """{"text":"hi"}""");
        using var user = await client.PostTextAsync("/api/users/me/messages", """{"text":"hi"}""");

        await guest.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
        user.StatusCode.ShouldBe(HttpStatusCode.Created);
    }
}
