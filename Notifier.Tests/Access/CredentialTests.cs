using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

public sealed class CredentialTests(TokenHost tokens) : IClassFixture<TokenHost>
{
    private readonly NotifierHost _host = tokens.Host;

    [Theory]
    [InlineData("header")]
    [InlineData("query")]
    [InlineData("cookie")]
    public async Task A_stream_takes_a_token_by_header_query_or_cookie(string way)
    {
        var token = TestTokens.For("ada", rooms: ["general"]);
        foreach (var path in new[] { "/api/rooms/general/events", "/api/users/me/events", "/api/events?topic=room:general" })
        {
            foreach (var accept in new[] { "text/event-stream", "application/json" })
            {
                var request = new HttpRequestMessage(HttpMethod.Get, way == "query" ? $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}access_token={token}" : path);
                if (way == "header") request.Headers.Authorization = new("Bearer", token);
                if (way == "cookie") request.Headers.Add("Cookie", $"other=1; notifier_token={token}");
                request.Headers.Accept.ParseAdd(accept);

                using var answer = await _host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

                answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
                answer.Content.Headers.ContentType?.MediaType.ShouldBe(accept);
            }
        }
    }

    [Fact]
    public async Task A_stream_with_a_bad_token_is_refused_though_a_good_cookie_comes_along()
    {
        var good = TestTokens.For("ada", rooms: ["*"]);
        foreach (var (path, header) in new[] { ("/api/events?topic=all", "Bearer nonsense"), ("/api/events?topic=all&access_token=nonsense", null) })
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (header is not null) request.Headers.TryAddWithoutValidation("Authorization", header);
            request.Headers.Add("Cookie", $"notifier_token={good}");

            using var answer = await _host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

            await answer.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
        }
    }

    [Theory]
    [InlineData("/api/rooms/general/messages", """{"text":"hi"}""")]
    [InlineData("/api/rooms/general/events", """{"type":"t","data":1}""")]
    [InlineData("/api/users/bob/messages", """{"text":"hi"}""")]
    [InlineData("/api/users/bob/notifications", """{"title":"hi"}""")]
    [InlineData("/api/broadcast", """{"type":"t","data":1}""")]
    [InlineData("/api/publish", """{"topics":["all"],"type":"t","data":1}""")]
    [InlineData("/api/tracks/net/lessons/abc/complete", """{}""")]
    [InlineData("/api/tickets", """{}""")]
    public async Task A_cookie_a_query_or_a_ticket_never_authorises_a_command(string path, string json)
    {
        var token = TestTokens.For("ada", ["admin"], ["*"]);
        using var client = _host.NewClient(token);
        using var issued = await client.PostAsync("/api/tickets", null);
        var ticket = (await issued.JsonAsync()).GetProperty("ticket").GetString();

        using var byCookie = await _host.Http.PostTextAsync(path, json, ("Cookie", $"notifier_token={token}"));
        using var byQuery = await _host.Http.PostTextAsync($"{path}?access_token={token}", json);
        using var byTicket = await _host.Http.PostTextAsync($"{path}?ticket={ticket}", json);
        using var byHeader = await client.PostTextAsync(path, json);

        foreach (var answer in new[] { byCookie, byQuery, byTicket }) await answer.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
        byHeader.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_signed_in_user_is_not_who_the_query_says()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/users/bob/events?as=bob");
        request.Headers.Authorization = new("Bearer", TestTokens.For("ada"));

        using var asBob = await _host.Http.SendAsync(request);
        using var asGuest = await _host.Http.GetAsync("/api/users/bob/events?as=bob");

        await asBob.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        await asGuest.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Development_tokens_do_not_exist_outside_Development()
    {
        using var admin = _host.NewClient(TestTokens.For("root", ["admin"]));

        using var withToken = await admin.PostTextAsync("/api/dev/tokens", """{"sub":"ada"}""");
        using var without = await _host.Http.PostTextAsync("/api/dev/tokens", """{"sub":"ada"}""");

        await withToken.ShouldBeProblemAsync(HttpStatusCode.NotFound);
        await without.ShouldBeProblemAsync(HttpStatusCode.NotFound);
    }
}
