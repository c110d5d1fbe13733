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
        await twins.Redis.SendAsync($"MSET {Mark(ada)} {id} {Mark(ada)}:untold {id}");
        using var repeated = await two.Http.PostTextAsync($"/api/users/me/notifications/read?as={ada}", $$"""{"upTo":"{{id}}"}""");
        using var again = await one.Http.PostTextAsync($"/api/users/me/notifications/read?as={ada}", $$"""{"upTo":"{{id}}"}""");

        repeated.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        again.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await one.Http.StoredAsync("user:me", ada)).Select(e => e.GetProperty("type").GetString()).ShouldBe(["notification", "notifications:read"]);
        (await twins.Redis.SendAsync($"PTTL {Mark(ada)}")).ShouldBe(":-1");
        (await twins.Redis.SendAsync($"EXISTS {Mark(ada)}:untold")).ShouldBe(":0");
    }

    [SkippableFact]
    public async Task A_mark_that_was_told_is_not_told_again_though_every_key_of_its_day_is_forgotten()
    {
        var (one, two) = Hosts;
        var ada = Fresh.User();
        using var sent = await one.Http.PostTextAsync($"/api/users/{ada}/notifications?as=school", """{"title":"hi"}""");
        var body = $$"""{"upTo":"{{(await sent.JsonAsync()).GetProperty("id").GetString()}}"}""";
        using var marked = await one.Http.PostTextAsync($"/api/users/me/notifications/read?as={ada}", body);

        // As after 24 h.
        var forgotten = await twins.Redis.SendAsync($"EVAL \"return redis.call('DEL', unpack(redis.call('KEYS', ARGV[1])))\" 0 {twins.Prefix}:{{user:{ada}}}:once:*");
        using var again = await two.Http.PostTextAsync($"/api/users/me/notifications/read?as={ada}", body);

        forgotten.ShouldBe(":1");
        again.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await one.Http.StoredAsync("user:me", ada)).Select(e => e.GetProperty("type").GetString()).ShouldBe(["notification", "notifications:read"]);
    }

    private string Mark(string user) => $"{twins.Prefix}:{{user:{user}}}:read";
}
