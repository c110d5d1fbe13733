using System.Net;
using System.Text.Json;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Inbox;

/// <summary>What an inbox promises, at one instance and at two.</summary>
public abstract class InboxContract
{
    /// <summary>An instance, and another where there is one.</summary>
    protected abstract (NotifierHost One, NotifierHost Two) Hosts { get; }

    [SkippableFact]
    public async Task An_inbox_shows_what_others_sent_and_counts_what_is_unread()
    {
        var (one, _) = Hosts;
        var (ada, bob) = (Fresh.User(), Fresh.User());
        var first = await NotifyAsync(one, ada, "first");
        await WriteAsync(one, bob, ada, "hello");
        await WriteAsync(one, ada, bob, "my own");
        await WriteAsync(one, ada, ada, "a note to myself");
        await PublishAsync(one, $"user:{ada}", "custom");
        await NotifyAsync(one, ada, "of my own making", from: ada);
        var last = await NotifyAsync(one, ada, "last");

        var inbox = await ReadAsync(one, ada);
        (await MarkAsync(one, ada, first)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var afterOne = await ReadAsync(one, ada, "?unread=true");
        (await MarkAsync(one, ada, last)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var afterAll = await ReadAsync(one, ada, "?unread=true");

        inbox.EnumerateObject().Select(p => p.Name).ShouldBe(["events", "unread", "readUpTo"]);
        Types(inbox).ShouldBe(["notification", "private-message", "notification"]);
        (inbox.GetProperty("unread").GetInt32(), inbox.GetProperty("readUpTo").GetString()).ShouldBe((3, "0-0"));
        Types(afterOne).ShouldBe(["private-message", "notification"]);
        (afterOne.GetProperty("unread").GetInt32(), afterOne.GetProperty("readUpTo").GetString()).ShouldBe((2, first));
        Types(afterAll).ShouldBeEmpty();
        (afterAll.GetProperty("unread").GetInt32(), afterAll.GetProperty("readUpTo").GetString()).ShouldBe((0, last));
    }

    [SkippableFact]
    public async Task Unread_counts_all_that_is_held_whatever_the_page_shows()
    {
        var (one, _) = Hosts;
        var ada = Fresh.User();
        var ids = new List<string>();
        for (var i = 0; i < 300; i++) ids.Add(await NotifyAsync(one, ada, $"{i}"));

        var newest = await ReadAsync(one, ada, "?limit=2");
        await MarkAsync(one, ada, ids[9]);
        var unread = await ReadAsync(one, ada, "?unread=true&limit=1000");

        newest.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("id").GetString()).ShouldBe(ids[^2..]);
        newest.GetProperty("unread").GetInt32().ShouldBe(300);
        unread.GetProperty("events").GetArrayLength().ShouldBe(290);
        unread.GetProperty("unread").GetInt32().ShouldBe(290);
    }

    [SkippableFact]
    public async Task The_mark_is_one_for_all_devices_and_they_are_told_when_it_moved_and_only_then()
    {
        var (one, two) = Hosts;
        var ada = Fresh.User();
        var first = await NotifyAsync(one, ada, "first");
        var second = await NotifyAsync(two, ada, "second");
        using var phone = await two.OpenAsync($"/api/users/me/events?as={ada}");
        using var desk = await one.OpenAsync($"/api/users/me/events?as={ada}");

        foreach (var (host, upTo) in new[] { (one, second), (two, second), (two, first), (one, first), (one, "0-0") })
        {
            using var answer = await MarkAsync(host, ada, upTo);
            answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
            (await answer.Content.ReadAsStringAsync()).ShouldBeEmpty();
        }

        await NotifyAsync(one, ada, "third");
        foreach (var device in new[] { phone, desk })
        {
            var told = await device.ReadAsync();
            told.Event.ShouldBe("notifications:read");
            told.Json.GetProperty("topic").GetString().ShouldBe($"user:{ada}");
            told.Json.GetProperty("data").GetRawText().ShouldBe($$"""{"upTo":"{{second}}","unread":0}""");
            (await device.ReadAsync()).Event.ShouldBe("notification");
        }

        await Until.TrueAsync("both instances have the mark", async () =>
            (await ReadAsync(one, ada)).GetProperty("readUpTo").GetString() == second && (await ReadAsync(two, ada)).GetProperty("readUpTo").GetString() == second, 2);
    }

    [SkippableFact]
    public async Task A_position_that_was_never_given_out_swallows_nothing_that_is_yet_to_come()
    {
        var (one, two) = Hosts;
        var ada = Fresh.User();
        await NotifyAsync(one, ada, "first");

        using var answer = await MarkAsync(two, ada, "99999999999999-0");
        var later = await NotifyAsync(one, ada, "later");

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var inbox = await ReadAsync(one, ada, "?unread=true");
        inbox.GetProperty("unread").GetInt32().ShouldBe(1);
        inbox.GetProperty("events")[0].GetProperty("id").GetString().ShouldBe(later);
    }

    [SkippableFact]
    public async Task A_mark_beyond_the_inbox_stands_at_its_newest_event_and_is_told_once_however_often_it_is_repeated()
    {
        var (one, two) = Hosts;
        var ada = Fresh.User();
        var first = await NotifyAsync(one, ada, "first");
        var own = await WriteAsync(one, ada, ada, "my own word is no part of the inbox");

        foreach (var upTo in new[] { "99999999999999-0", own, "99999999999999-0", own, first }) (await MarkAsync(two, ada, upTo)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await ReadAsync(two, ada)).GetProperty("readUpTo").GetString().ShouldBe(first);
        (await one.Http.StoredAsync("user:me", ada)).ConvertAll(e => e.GetProperty("type").GetString()).ShouldBe(["notification", "private-message", "notifications:read"]);
    }

    [SkippableFact]
    public async Task An_inbox_without_events_has_no_mark_and_tells_of_none()
    {
        var (one, _) = Hosts;
        var ada = Fresh.User();
        await WriteAsync(one, ada, ada, "my own word is no part of the inbox");

        (await MarkAsync(one, ada, "99999999999999-0")).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await ReadAsync(one, ada)).GetProperty("readUpTo").GetString().ShouldBe("0-0");
        (await one.Http.StoredAsync("user:me", ada)).ConvertAll(e => e.GetProperty("type").GetString()).ShouldBe(["private-message"]);
    }

    [SkippableFact]
    public async Task What_is_read_or_sent_is_seen_at_once_where_it_was_acknowledged_and_within_a_second_elsewhere()
    {
        var (one, two) = Hosts;
        var ada = Fresh.User();
        for (var i = 1; i <= 5; i++)
        {
            await ReadAsync(two, ada);
            await NotifyAsync(one, ada, $"{i}");
            (await ReadAsync(one, ada)).GetProperty("unread").GetInt32().ShouldBe(i);
            await Until.TrueAsync("the other instance knows", async () => (await ReadAsync(two, ada)).GetProperty("unread").GetInt32() == i, 1);
        }
    }

    [SkippableTheory]
    [InlineData("""{}""", "upTo")]
    [InlineData("""{"upTo":"yesterday"}""", "upTo")]
    [InlineData("""{"upTo":5}""", "upTo")]
    public async Task A_mark_that_is_no_id_is_refused(string body, string field)
    {
        var (one, _) = Hosts;

        using var answer = await one.Http.PostTextAsync("/api/users/me/notifications/read", body);

        await answer.ShouldBeInvalidAsync(field);
    }

    [SkippableFact]
    public async Task An_inbox_is_its_users_own()
    {
        var (one, _) = Hosts;
        var ada = Fresh.User();
        var id = await NotifyAsync(one, ada, "secret");
        await ReadAsync(one, ada);
        using var eve = one.NewClient(await one.TokenAsync("eve", rooms: ["*"]));
        using var admin = one.NewClient(await one.TokenAsync("root", roles: ["admin"]));

        using var read = await eve.GetAsync($"/api/users/{ada}/notifications");
        using var marked = await eve.PostTextAsync($"/api/users/{ada}/notifications/read", $$"""{"upTo":"{{id}}"}""");
        using var badFirst = await eve.GetAsync($"/api/users/{ada}/notifications?unread=perhaps");
        using var byAdmin = await admin.GetAsync($"/api/users/{ada}/notifications");

        await read.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        await marked.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        await badFirst.ShouldBeInvalidAsync("unread");
        (await byAdmin.JsonAsync()).GetProperty("unread").GetInt32().ShouldBe(1);
    }

    private static List<string?> Types(JsonElement inbox) => [.. inbox.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("type").GetString())];

    private static async Task<JsonElement> ReadAsync(NotifierHost host, string user, string query = "")
    {
        using var answer = await host.Http.GetAsync($"/api/users/{user}/notifications{query}{(query.Length == 0 ? "?" : "&")}as={user}");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.JsonAsync();
    }

    private static Task<HttpResponseMessage> MarkAsync(NotifierHost host, string user, string upTo) =>
        host.Http.PostTextAsync($"/api/users/me/notifications/read?as={user}", $$"""{"upTo":"{{upTo}}"}""");

    private static Task<string> NotifyAsync(NotifierHost host, string user, string title, string from = "school") =>
        PostAsync(host, $"/api/users/{user}/notifications?as={from}", JsonSerializer.Serialize(new { title }));

    private static Task<string> WriteAsync(NotifierHost host, string from, string to, string text) =>
        PostAsync(host, $"/api/users/{to}/messages?as={from}", JsonSerializer.Serialize(new { text }));

    private static async Task PublishAsync(NotifierHost host, string topic, string type)
    {
        using var answer = await host.Http.PostTextAsync("/api/publish", JsonSerializer.Serialize(new { topics = new[] { topic }, type, data = 1 }));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    private static async Task<string> PostAsync(NotifierHost host, string path, string body)
    {
        using var answer = await host.Http.PostTextAsync(path, body);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.JsonAsync()).GetProperty("id").GetString()!;
    }
}
