using System.Net;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

public sealed class RateLimitTests
{
    [Fact]
    public async Task Who_sends_too_fast_is_told_when_to_come_back_and_has_stored_nothing_and_then_it_works()
    {
        await using var host = NotifierHost.With(("Commands:PermitsPerMinute", "60"), ("Commands:Burst", "3"));
        var token = await host.TokenAsync("ada", rooms: ["general"]);
        using var ada = host.NewClient(token);
        await using var stream = await host.OpenAsync("/api/rooms/general/events");
        for (var n = 0; n < 3; n++) await ada.SayAsync("general", $"in time {n}");

        using var refused = await ada.PostTextAsync("/api/rooms/general/messages", """{"text":"too much"}""");

        (await refused.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests)).GetProperty("detail").GetString()!.ShouldContain("60 commands a minute");
        var seconds = refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds;
        seconds.ShouldBeInRange(1, 2);
        await Until.LastsAsync(seconds);
        await ada.SayAsync("general", "again");
        (await stream.ReadAsync(4)).Select(block => block.Text).ShouldBe(["in time 0", "in time 1", "in time 2", "again"]);
    }

    [Fact]
    public async Task What_one_user_sends_costs_no_other_and_any_connection_and_token_of_a_user_is_the_same_user()
    {
        await using var host = NotifierHost.With(("Commands:PermitsPerMinute", "1"), ("Commands:Burst", "2"));
        using var one = host.NewClient(await host.TokenAsync("ada", rooms: ["general"]));
        using var other = host.NewClient(await host.TokenAsync("ada", rooms: ["*"]));
        using var bob = host.NewClient(await host.TokenAsync("bob", rooms: ["general"]));

        await one.SayAsync("general", "one");
        await other.SayAsync("general", "other");
        using var refused = await one.PostTextAsync("/api/rooms/general/messages", """{"text":"third"}""");
        await bob.SayAsync("general", "bob");

        await refused.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(60, 61);
    }

    [Theory]
    [InlineData("/api/rooms/general/messages", """{"text":"hi"}""")]
    [InlineData("/api/rooms/general/events", """{"type":"t","data":1}""")]
    [InlineData("/api/users/bob/messages", """{"text":"hi"}""")]
    [InlineData("/api/users/ada/messages", """{"text":"hi"}""")]
    [InlineData("/api/tracks/net/lessons/abc/complete", "{}")]
    [InlineData("/api/tickets", "{}")]
    public async Task Every_command_counts(string path, string json)
    {
        await using var host = NotifierHost.With(("Commands:PermitsPerMinute", "1"), ("Commands:Burst", "1"));
        using var ada = host.NewClient(await host.TokenAsync("ada", rooms: ["*"]));

        using var first = await ada.PostTextAsync(path, json);
        using var second = await ada.PostTextAsync(path, json);

        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        await second.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("/api/users/bob/notifications", """{"title":"hi"}""")]
    [InlineData("/api/broadcast", """{"type":"t","data":1}""")]
    [InlineData("/api/publish", """[{"topics":["room:a","room:b"],"type":"t","data":1},{"topics":["room:c"],"type":"t","data":1}]""")]
    [InlineData("/api/rooms/general/messages", """{"text":"hi"}""")]
    public async Task Publishers_and_admins_have_a_rate_of_their_own_and_a_batch_is_one_command(string path, string json)
    {
        await using var host = NotifierHost.With(("Commands:PermitsPerMinute", "1000000"), ("Commands:PublisherPermitsPerMinute", "1"), ("Commands:Burst", "2"));
        foreach (var role in new[] { "publisher", "admin" })
        {
            using var client = host.NewClient(await host.TokenAsync(role, roles: [role]));
            for (var n = 0; n < 2; n++)
            {
                using var taken = await client.PostTextAsync(path, json);
                taken.StatusCode.ShouldBe(HttpStatusCode.Created);
            }

            using var refused = await client.PostTextAsync(path, json);
            await refused.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests);
        }
    }

    [Fact]
    public async Task Ephemeral_events_are_counted_apart()
    {
        await using var host = NotifierHost.With(("Commands:PermitsPerMinute", "1"), ("Commands:EphemeralPerMinute", "120"), ("Commands:Burst", "1"));
        using var ada = host.NewClient(await host.TokenAsync("ada", rooms: ["*"]));
        const string Signal = """{"type":"cursor:move","data":1,"ephemeral":true}""";

        await ada.SayAsync("general", "the only one");
        for (var n = 0; n < 2; n++)
        {
            using var taken = await ada.PostTextAsync("/api/rooms/general/events", Signal);
            taken.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        using var refused = await ada.PostTextAsync("/api/rooms/general/events", Signal);
        using var message = await ada.PostTextAsync("/api/rooms/general/messages", """{"text":"hi"}""");
        await refused.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests);
        await message.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task The_limit_is_the_last_check_and_what_is_refused_for_another_reason_costs_nothing()
    {
        await using var host = NotifierHost.With(("Commands:PermitsPerMinute", "1"), ("Commands:Burst", "1"), ("Log:MaxEventBytes", "512"));
        using var ada = host.NewClient(await host.TokenAsync("ada", rooms: ["general"]));
        await RefusedOtherwiseAsync();

        await ada.SayAsync("general", "the only one");

        using var limited = await ada.PostTextAsync("/api/rooms/general/messages", """{"text":"hi"}""");
        await limited.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests);
        await RefusedOtherwiseAsync();

        async Task RefusedOtherwiseAsync()
        {
            using var invalid = await ada.PostTextAsync("/api/rooms/general/messages", """{"text":""}""");
            using var elsewhere = await ada.PostTextAsync("/api/rooms/secret/messages", """{"text":"hi"}""");
            using var large = await ada.PostTextAsync("/api/rooms/general/messages", $$"""{"text":"{{new string('x', 600)}}"}""");
            using var unknown = await host.NewClient("nonsense").PostTextAsync("/api/rooms/general/messages", """{"text":"hi"}""");
            (invalid.StatusCode, elsewhere.StatusCode, large.StatusCode, unknown.StatusCode)
                .ShouldBe((HttpStatusCode.BadRequest, HttpStatusCode.Forbidden, HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.Unauthorized));
        }
    }

    [Fact]
    public async Task A_repeat_of_a_refused_command_with_its_key_stores_it_once()
    {
        await using var host = NotifierHost.With(("Commands:PermitsPerMinute", "60"), ("Commands:Burst", "1"));
        using var ada = host.NewClient(await host.TokenAsync("ada", rooms: ["general"]));
        await using var stream = await host.OpenAsync("/api/rooms/general/events");
        await ada.SayAsync("general", "first");

        var statuses = new List<HttpStatusCode>();
        await Until.TrueAsync("the command and two repeats were taken", async () =>
        {
            using var answer = await ada.PostTextAsync("/api/rooms/general/messages", """{"text":"second"}""", ("Idempotency-Key", "key"));
            statuses.Add(answer.StatusCode);
            return statuses.Count(status => status == HttpStatusCode.Created) == 3;
        });
        await ada.Retry429Async("general", "last");

        statuses[0].ShouldBe(HttpStatusCode.TooManyRequests);
        statuses.ShouldAllBe(status => status == HttpStatusCode.TooManyRequests || status == HttpStatusCode.Created);
        (await stream.ReadAsync(3)).Select(block => block.Text).ShouldBe(["first", "second", "last"]);
    }

    [Fact]
    public async Task By_default_a_user_may_send_60_at_once_and_a_guest_of_Development_a_thousand()
    {
        await using var host = NotifierHost.With(
            ("Commands:PermitsPerMinute", "600"), ("Commands:Burst", "60"), ("Commands:PublisherPermitsPerMinute", "60000"), ("Commands:EphemeralPerMinute", "3000"));
        using var ada = host.NewClient(await host.TokenAsync("ada", rooms: ["*"]));

        for (var n = 0; n < 60; n++) await ada.SayAsync("general", "at once");
        for (var n = 0; n < 1000; n++) await host.Http.SayAsync("general", "a guest");
        var refused = 0;
        for (var n = 0; n < 60; n++)
        {
            using var answer = await ada.PostTextAsync("/api/rooms/general/messages", """{"text":"more"}""");
            if (answer.StatusCode == HttpStatusCode.TooManyRequests) refused++;
        }

        refused.ShouldBeGreaterThan(0);
    }
}
