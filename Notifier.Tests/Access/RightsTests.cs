using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

public sealed class RightsTests(TokenHost tokens) : IClassFixture<TokenHost>
{
    private readonly NotifierHost _host = tokens.Host;

    [Theory]
    [InlineData("rooms", new[] { "general" }, "general", true)]
    [InlineData("rooms", new[] { "general" }, "general2", false)]
    [InlineData("rooms", new[] { "general" }, "General", false)]
    [InlineData("rooms", new[] { "general" }, "genera", false)]
    [InlineData("rooms", new[] { "other", "general" }, "general", true)]
    [InlineData("rooms", new[] { "class:*" }, "class:net", true)]
    [InlineData("rooms", new[] { "class:*" }, "class", false)]
    [InlineData("rooms", new[] { "class:*" }, "my:class:net", false)]
    [InlineData("rooms", new[] { "*:net" }, "class:net", true)]
    [InlineData("rooms", new[] { "a*c*e" }, "abcde", true)]
    [InlineData("rooms", new[] { "a*c*e" }, "abcd", false)]
    [InlineData("rooms", new[] { "*" }, "anything", true)]
    [InlineData("rooms", new[] { "a.c" }, "abc", false)]
    [InlineData("rooms", new[] { "" }, "general", false)]
    [InlineData("rooms", new string[0], "general", false)]
    [InlineData("rooms_read", new[] { "class:*" }, "class:net", true)]
    [InlineData("rooms_read", new[] { "class:*" }, "general", false)]
    [InlineData("unknown", new[] { "*" }, "general", false)]
    public async Task A_token_opens_the_rooms_that_its_patterns_name_and_rooms_read_opens_them_to_read_alone(string claim, string[] patterns, string room, bool opens)
    {
        var list = string.Join(',', patterns.Select(p => $"\"{p}\""));
        using var client = _host.NewClient(TestTokens.Sign($$"""{"sub":"ada","{{claim}}":[{{list}}]}"""));

        using var message = await client.PostTextAsync($"/api/rooms/{room}/messages", """{"text":"hi"}""");
        using var stored = await client.PostTextAsync($"/api/rooms/{room}/events", """{"type":"t","data":1}""");
        using var ephemeral = await client.PostTextAsync($"/api/rooms/{room}/events", """{"type":"t","data":1,"ephemeral":true}""");
        using var stream = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/api/rooms/{room}/events"));
        using var many = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/api/events?topic=all&topic=room:{room}"));
        using var history = await client.GetAsync($"/api/rooms/{room}/messages");

        var sends = opens && claim == "rooms";
        message.StatusCode.ShouldBe(sends ? HttpStatusCode.Created : HttpStatusCode.Forbidden);
        stored.StatusCode.ShouldBe(sends ? HttpStatusCode.Created : HttpStatusCode.Forbidden);
        ephemeral.StatusCode.ShouldBe(sends ? HttpStatusCode.Accepted : HttpStatusCode.Forbidden);
        foreach (var read in new[] { stream, many, history }) read.StatusCode.ShouldBe(opens ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
        if (!sends) await message.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        if (!opens) await history.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("/api/users/me/events", new string[0], true)]
    [InlineData("/api/users/ada/events", new string[0], true)]
    [InlineData("/api/users/bob/events", new string[0], false)]
    [InlineData("/api/users/bob/events", new[] { "instructor" }, false)]
    [InlineData("/api/users/bob/events", new[] { "publisher" }, false)]
    [InlineData("/api/users/bob/events", new[] { "admin" }, true)]
    [InlineData("/api/events?topic=user:me", new string[0], true)]
    [InlineData("/api/events?topic=user:bob", new string[0], false)]
    [InlineData("/api/events?topic=user:me&topic=user:bob", new string[0], false)]
    [InlineData("/api/events?topic=user:bob", new[] { "admin" }, true)]
    [InlineData("/api/events?topic=all", new string[0], true)]
    [InlineData("/api/rooms/secret/events", new[] { "publisher" }, false)]
    [InlineData("/api/rooms/secret/events", new[] { "admin" }, true)]
    [InlineData("/api/rooms/secret/messages", new[] { "publisher" }, false)]
    [InlineData("/api/rooms/secret/messages", new[] { "admin" }, true)]
    [InlineData("/api/tracks/secret/progress", new[] { "instructor" }, false)]
    [InlineData("/api/tracks/secret/progress", new[] { "admin" }, true)]
    public async Task A_user_is_read_by_themselves_and_by_admins_and_everyone_by_everybody(string path, string[] roles, bool opens)
    {
        using var client = _host.NewClient(TestTokens.For("ada", roles));
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("application/json");

        using var answer = await client.SendAsync(request);

        if (opens) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        else await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("\"roles\":[\"publisher\"]", true)]
    [InlineData("\"roles\":[\"admin\"]", true)]
    [InlineData("\"roles\":[\"other\",\"publisher\"]", true)]
    [InlineData("\"roles\":[\"instructor\"]", false)]
    [InlineData("\"roles\":[\"Publisher\"]", false)]
    [InlineData("\"roles\":[]", false)]
    [InlineData("\"rooms\":[\"*\"]", false)]
    [InlineData("\"role\":\"admin\"", false)]
    [InlineData("\"http://schemas.microsoft.com/ws/2008/06/identity/claims/role\":\"admin\"", false)]
    public async Task Publishing_takes_the_role_publisher_or_admin_in_the_claim_roles(string claim, bool publishes)
    {
        using var client = _host.NewClient(TestTokens.Sign($$"""{"sub":"ada",{{claim}}}"""));
        foreach (var (path, json) in new[]
        {
            ("/api/users/bob/notifications", """{"title":"hi"}"""),
            ("/api/broadcast", """{"type":"t","data":1}"""),
            ("/api/publish", """{"topics":["user:bob"],"type":"t","data":1}"""),
            ("/api/users/bob/messages", """{"text":"hi","onBehalfOf":{"id":"eve"}}"""),
        })
        {
            using var answer = await client.PostTextAsync(path, json);

            if (publishes) answer.StatusCode.ShouldBe(HttpStatusCode.Created, path);
            else await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        }
    }

    [Fact]
    public async Task A_publisher_may_give_any_command_for_any_topic()
    {
        using var client = _host.NewClient(TestTokens.For("backend", ["publisher"]));
        foreach (var (path, json) in new[]
        {
            ("/api/rooms/secret/messages", """{"text":"hi"}"""),
            ("/api/rooms/secret/events", """{"type":"t","data":1}"""),
            ("/api/users/bob/messages", """{"text":"hi"}"""),
            ($"/api/tracks/{Fresh.Room()}/lessons/abc/complete", """{"userId":"bob"}"""),
            ("/api/publish", """{"topics":["room:secret","user:bob","all"],"type":"t","data":1}"""),
        })
        {
            using var answer = await client.PostTextAsync(path, json);

            answer.StatusCode.ShouldBe(HttpStatusCode.Created, path);
        }
    }

    [Fact]
    public async Task The_sub_is_the_user_whatever_other_claims_say()
    {
        using var client = _host.NewClient(TestTokens.Sign("""{"nameid":"bob","unique_name":"Bob","upn":"bob","sub":"ada"}"""));

        await using var stream = await SseStreamReader.OpenAsync(client, "/api/users/me/events");

        stream.Welcome.Json.GetProperty("user").GetProperty("id").GetString().ShouldBe("ada");
    }

    [Fact]
    public async Task Checks_come_in_the_order_of_the_contract()
    {
        using var client = _host.NewClient(TestTokens.For("ada", rooms: ["open"]));

        using var invalidAndForbidden = await client.PostTextAsync("/api/rooms/secret/messages", "{}");
        using var untypedAndForbidden = await client.PostAsync("/api/rooms/secret/messages", new ByteArrayContent([1]));
        using var tooLargeAndForbidden = await client.PostTextAsync("/api/broadcast", "{}".PadRight(20_000));
        using var forbiddenCommand = await client.PostTextAsync("/api/rooms/secret/messages", """{"text":"hi"}""");
        using var invalidStream = await GetAsync("/api/rooms/secret/events?last=0", "text/html");
        using var forbiddenStream = await GetAsync("/api/rooms/secret/events", "text/html");
        using var unacceptableStream = await GetAsync("/api/rooms/open/events", "text/html");
        using var invalidQuery = await GetAsync("/api/rooms/secret/messages?limit=0", "application/json");

        await invalidAndForbidden.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        await untypedAndForbidden.ShouldBeProblemAsync(HttpStatusCode.UnsupportedMediaType);
        await tooLargeAndForbidden.ShouldBeProblemAsync(HttpStatusCode.RequestEntityTooLarge);
        await forbiddenCommand.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        await invalidStream.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        await forbiddenStream.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        await unacceptableStream.ShouldBeProblemAsync(HttpStatusCode.NotAcceptable);
        await invalidQuery.ShouldBeProblemAsync(HttpStatusCode.BadRequest);

        Task<HttpResponseMessage> GetAsync(string path, string accept)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Accept.ParseAdd(accept);
            return client.SendAsync(request);
        }
    }
}
