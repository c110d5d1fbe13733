using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

/// <summary>What is another's: read by way of their last id, written in their name.</summary>
public sealed class OthersTests(TokenHost tokens) : IClassFixture<TokenHost>
{
    private readonly NotifierHost _host = tokens.Host;

    [Fact]
    public async Task Somebody_elses_last_id_opens_nothing_that_its_bearer_may_not_read()
    {
        var (secret, shared) = (Fresh.Room(), Fresh.Room());
        using var ada = _host.NewClient(TestTokens.For("ada", rooms: [secret, shared]));
        using var eve = _host.NewClient(TestTokens.For("eve", rooms: [shared]));
        var id = await ada.SayAsync(secret, "before");
        string position;
        await using (var stream = await _host.OpenAsync($"/api/events?topic=room:{secret}&topic=room:{shared}&topic=user:me", token: TestTokens.For("ada", rooms: [secret, shared])))
        {
            position = stream.Welcome.Id!;
        }

        await ada.SayAsync(secret, "hidden");
        using var written = await ada.PostTextAsync("/api/users/ada/messages", """{"text":"hidden"}""");
        await ada.SayAsync(shared, "open");

        foreach (var path in new[]
        {
            $"/api/rooms/{secret}/events?lastEventId={id}", $"/api/rooms/{secret}/events?lastEventId={position}", $"/api/events?topic=room:{secret}&lastEventId={position}",
            $"/api/events?topic=room:{shared}&topic=room:{secret}@{id}", $"/api/events?topic=user:ada&lastEventId={position}", $"/api/users/ada/events?lastEventId={position}",
            $"/api/rooms/{secret}/messages?after={id}", $"/api/rooms/{secret}/events?since=all",
        })
        {
            using var refused = await PollAsync(eve, path);
            await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        }

        foreach (var path in new[] { $"/api/events?topic=room:{shared}&topic=user:me", $"/api/rooms/{shared}/events" })
        {
            using var answer = await PollAsync(eve, path, position);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            var text = await answer.Content.ReadAsStringAsync();
            text.ShouldContain("open");
            text.ShouldNotContain("hidden");
            text.ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task A_command_is_its_tokens_users_whatever_else_is_said()
    {
        var room = Fresh.Room();
        var bob = TestTokens.For("bob", rooms: [room]);
        using var eve = _host.NewClient(TestTokens.For("eve", rooms: [room]));

        using var answer = await eve.PostTextAsync(
            $"/api/rooms/{room}/messages?as=bob&access_token={bob}&sub=bob", """{"text":"hi","from":{"id":"bob"}}""",
            ("Cookie", $"notifier_token={bob}; notifier_guest=bob"), ("X-User", "bob"), ("X-Forwarded-User", "bob"));
        using var completion = await eve.PostTextAsync($"/api/tracks/{room}/lessons/abc/complete", """{"userId":"bob"}""");
        using var elsewhere = await eve.PostTextAsync($"/api/rooms/{room}-other/messages?as=bob", """{"text":"hi"}""");
        using var inbox = await eve.PostTextAsync("/api/users/bob/notifications", """{"title":"hi"}""");
        using var broadcast = await eve.PostTextAsync("/api/broadcast", """{"type":"t","data":1}""");
        using var history = await eve.GetAsync($"/api/rooms/{room}/messages");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await history.JsonAsync()).GetProperty("events").EnumerateArray().ShouldHaveSingleItem().GetProperty("from").GetRawText().ShouldBe("""{"id":"eve"}""");
        foreach (var refused in new[] { completion, elsewhere, inbox, broadcast }) await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    private static Task<HttpResponseMessage> PollAsync(HttpClient client, string path, string? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("application/json");
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        return client.SendAsync(request);
    }
}
