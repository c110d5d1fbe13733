using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Notifier.Api.Streams;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Streams;

/// <summary>A poll that waits is as open as a stream is: what ends a stream ends it, long before its 30 s.</summary>
public sealed class WaitingPollTests(TokenHost tokens) : IClassFixture<TokenHost>
{
    private const int Soon = 10;

    private readonly NotifierHost _host = tokens.Host;

    [Theory]
    [InlineData("", false)]
    [InlineData("?topic=room:general", false)]
    [InlineData("?forSeconds=60", true)]
    public async Task A_waiting_poll_whose_user_is_revoked_is_answered_at_once(string query, bool isRefused)
    {
        var user = Fresh.User();
        var poll = PollAsync(TestTokens.For(user, rooms: ["*"]));
        await IsWaitingAsync(true);

        await EndAsync(user, query);

        using var answer = await poll.WaitAsync(TimeSpan.FromSeconds(Soon));
        await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        (answer.Headers.RetryAfter is not null).ShouldBe(isRefused);
        await IsWaitingAsync(false);
    }

    [Fact]
    public async Task A_waiting_poll_of_another_topic_or_of_another_user_goes_on()
    {
        var (user, room) = (Fresh.User(), Fresh.Room());
        var poll = PollAsync(TestTokens.For(user, rooms: ["*"]), room);
        await IsWaitingAsync(true);

        await EndAsync(user, "?topic=room:general");
        await EndAsync(Fresh.User(), "");
        await _host.NewClient(TestTokens.For("back-end", roles: ["publisher"])).SayAsync(room, "still there");

        using var answer = await poll.WaitAsync(TimeSpan.FromSeconds(Soon));
        (await answer.JsonAsync()).GetProperty("events").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_waiting_poll_ends_with_its_token()
    {
        using var answer = await PollAsync(TestTokens.For(Fresh.User(), rooms: ["*"], expiresIn: 2)).WaitAsync(TimeSpan.FromSeconds(Soon));

        await answer.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer error=\"invalid_token\"");
    }

    [Fact]
    public async Task A_waiting_poll_by_ticket_ends_with_the_token_behind_it()
    {
        using var client = _host.NewClient(TestTokens.For(Fresh.User(), rooms: ["*"], expiresIn: 2));
        using var issued = await client.PostAsync("/api/tickets", null);
        var ticket = (await issued.JsonAsync()).GetProperty("ticket").GetString();

        using var answer = await PollAsync(null, query: $"&ticket={ticket}").WaitAsync(TimeSpan.FromSeconds(Soon));

        await answer.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
    }

    private Task<HttpResponseMessage> PollAsync(string? token, string room = "general", string query = "")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/rooms/{room}/events?wait=30{query}");
        request.Headers.Accept.ParseAdd("application/json");
        return _host.NewClient(token).SendAsync(request);
    }

    private async Task IsWaitingAsync(bool isWaiting)
    {
        var polls = _host.Services.GetRequiredService<WaitingPolls>();
        await Until.TrueAsync(isWaiting ? "the poll waits" : "no poll waits", () => polls.IsEmpty != isWaiting, Soon);
    }

    private async Task EndAsync(string user, string query)
    {
        using var admin = _host.NewClient(TestTokens.For("root", roles: ["admin"]));
        using var answer = await admin.DeleteAsync($"/api/admin/users/{user}/connections{query}");
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }
}
