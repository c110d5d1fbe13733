using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Inbox;

public sealed class RedisInboxTests(TwinHosts twins) : InboxContract, IClassFixture<TwinHosts>
{
    protected override (NotifierHost One, NotifierHost Two) Hosts => twins.Need();

    [SkippableFact]
    public async Task A_mark_whose_telling_failed_is_told_by_the_repeat()
    {
        var (one, two) = Hosts;
        var ada = Fresh.User();
        using var sent = await one.Http.PostTextAsync($"/api/users/{ada}/notifications?as=school", """{"title":"hi"}""");
        var id = (await sent.JsonAsync()).GetProperty("id").GetString();

        // The mark moves, and nobody is told: as if the instance had died between the two.
        await twins.Redis.SendAsync($"SET {twins.Prefix}:{{user:{ada}}}:read {id}");
        using var repeated = await two.Http.PostTextAsync($"/api/users/me/notifications/read?as={ada}", $$"""{"upTo":"{{id}}"}""");
        using var again = await one.Http.PostTextAsync($"/api/users/me/notifications/read?as={ada}", $$"""{"upTo":"{{id}}"}""");

        repeated.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        again.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await one.Http.StoredAsync("user:me", ada)).Select(e => e.GetProperty("type").GetString()).ShouldBe(["notification", "notifications:read"]);
        (await twins.Redis.SendAsync($"PTTL {twins.Prefix}:{{user:{ada}}}:read")).ShouldBe(":-1");
    }
}
