using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

public sealed class TicketLifeTests(TwinHosts twins) : IClassFixture<TwinHosts>
{
    [Fact]
    public async Task A_ticket_opens_a_stream_for_sixty_seconds_and_none_after()
    {
        var time = new ManualTime();
        await using var host = NotifierHost.With(services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)));
        var (used, late) = (await IssueAsync(host), await IssueAsync(host));

        time.Advance(TimeSpan.FromSeconds(59));
        using var inTime = await PollAsync(host, used);
        time.Advance(TimeSpan.FromSeconds(1));
        using var tooLate = await PollAsync(host, late);

        inTime.StatusCode.ShouldBe(HttpStatusCode.OK, await inTime.Content.ReadAsStringAsync());
        await tooLate.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
    }

    [SkippableFact]
    public async Task Redis_too_keeps_a_ticket_for_no_longer_than_sixty_seconds()
    {
        var (one, two) = twins.Need();
        var ticket = await IssueAsync(one);

        var left = await OfTheTicketAsync("'PTTL', found[1]");
        await OfTheTicketAsync("'PEXPIRE', found[1], 0");
        using var tooLate = await PollAsync(two, ticket);

        left.ShouldBeInRange(30_000, 60_000);
        await tooLate.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
    }

    private static async Task<string> IssueAsync(NotifierHost host)
    {
        using var answer = await host.Http.PostTextAsync("/api/tickets?as=ada", "{}");
        return (await answer.EnsureSuccessStatusCode().JsonAsync()).GetProperty("ticket").GetString()!;
    }

    private static Task<HttpResponseMessage> PollAsync(NotifierHost host, string ticket)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/users/me/events?ticket={ticket}");
        request.Headers.Accept.ParseAdd("application/json");
        return host.Http.SendAsync(request);
    }

    private async Task<int> OfTheTicketAsync(string call)
    {
        var answer = await twins.Redis.SendAsync($"EVAL \"local found = redis.call('KEYS', ARGV[1]) return redis.call({call})\" 0 {twins.Prefix}:*:ticket");
        return int.Parse(answer.TrimStart(':'));
    }
}
