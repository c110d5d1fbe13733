using System.Net;
using System.Text.Json;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Presence;

/// <summary>What presence promises, wherever the streams of a room are: at one instance, or at two.</summary>
public abstract class PresenceContract
{
    /// <summary>An instance, and another where there is one.</summary>
    protected abstract (NotifierHost One, NotifierHost Two) Hosts { get; }

    [SkippableFact]
    public async Task Who_comes_is_in_its_own_welcome_and_told_to_the_others()
    {
        var (one, two) = Hosts;
        var room = Fresh.Room();

        var ada = await RoomWatcher.OpenAsync(one, room, "ada");
        var bob = await RoomWatcher.OpenAsync(two, room, "bob");
        await ada.UntilAsync("ada", "bob");

        bob.Users.ShouldBe(["ada", "bob"]);
        ada.Told.ShouldBe(["+bob"]);
    }

    [SkippableFact]
    public async Task A_user_with_several_windows_counts_once_and_leaves_with_the_last()
    {
        var (one, two) = Hosts;
        var room = Fresh.Room();
        var ada = await RoomWatcher.OpenAsync(one, room, "ada");
        var windows = new[] { await RoomWatcher.OpenAsync(one, room, "bob"), await RoomWatcher.OpenAsync(two, room, "bob"), await RoomWatcher.OpenAsync(two, room, "bob") };
        await ada.UntilAsync("ada", "bob");
        await Until.TrueAsync("bob has three connections", async () => Connections(await MembersAsync(one, room), "bob") == 3);

        windows[0].Stream.Dispose();
        windows[1].Stream.Dispose();
        await Until.TrueAsync("bob has one connection", async () => Connections(await MembersAsync(two, room), "bob") == 1);
        await Until.LastsAsync(1.5);
        ada.Told.ShouldBe(["+bob"]);
        windows[2].Stream.Dispose();
        await ada.UntilAsync("ada");

        ada.Told.ShouldBe(["+bob", "-bob"]);
    }

    [SkippableFact]
    public async Task A_reconnect_within_the_grace_tells_nobody_anything_wherever_it_goes()
    {
        var (one, two) = Hosts;
        var room = Fresh.Room();
        var ada = await RoomWatcher.OpenAsync(one, room, "ada");
        var bob = await RoomWatcher.OpenAsync(one, room, "bob");
        var since = Since(await MembersAsync(one, room), "bob");
        foreach (var host in new[] { two, one, two })
        {
            bob.Stream.Dispose();
            bob = await RoomWatcher.OpenAsync(host, room, "bob");
        }

        await Until.LastsAsync(1.5);
        var carl = await RoomWatcher.OpenAsync(two, room, "carl");
        await ada.UntilAsync("ada", "bob", "carl");

        ada.Told.ShouldBe(["+bob", "+carl"]);
        Since(await MembersAsync(two, room), "bob").ShouldBe(since);
        carl.Users.ShouldBe(["ada", "bob", "carl"]);
    }

    [SkippableFact]
    public async Task A_listener_that_does_not_join_sees_and_is_not_seen()
    {
        var (one, two) = Hosts;
        var room = Fresh.Room();

        var unseen = await RoomWatcher.OpenAsync(one, room, "eve", "&presence=false");
        var ada = await RoomWatcher.OpenAsync(two, room, "ada");
        await unseen.UntilAsync("ada");

        unseen.Told.ShouldBe(["+ada"]);
        ada.Users.ShouldBe(["ada"]);
        (await MembersAsync(two, room)).Select(m => m.GetProperty("id").GetString()).ShouldBe(["ada"]);
    }

    [SkippableFact]
    public async Task The_listing_of_welcome_and_the_events_after_it_add_up_on_every_stream_in_a_rush()
    {
        var (one, two) = Hosts;
        var room = Fresh.Room();
        var first = await RoomWatcher.OpenAsync(one, room, "user-00");

        var watchers = await Task.WhenAll(Enumerable.Range(1, 40).Select(async i =>
        {
            await Until.LastsAsync(i * 0.03);
            return await RoomWatcher.OpenAsync(i % 2 == 0 ? one : two, room, $"user-{i:00}");
        }));
        foreach (var gone in watchers.Take(10)) gone.Stream.Dispose();
        string[] rest = ["user-00", .. Enumerable.Range(11, 30).Select(i => $"user-{i:00}")];
        await Task.WhenAll(watchers.Skip(10).Append(first).Select(watcher => watcher.UntilAsync(rest)));

        // Every half second at most: the rush lasts 1.2 s, and the grace of those who left ends over as much.
        first.Events.ShouldBeLessThanOrEqualTo(12);
    }

    [SkippableFact]
    public async Task A_room_over_the_limit_tells_its_count_alone_and_its_names_again_once_it_is_under_it()
    {
        var (one, two) = Hosts;
        var room = Fresh.Room();
        var crowd = await Task.WhenAll(Enumerable.Range(1, 49).Select(i => RoomWatcher.OpenAsync(i % 2 == 0 ? one : two, room, $"user-{i:00}")));
        var ada = await RoomWatcher.OpenAsync(one, room, "ada");
        await ada.UntilCountAsync(50);
        ada.Users.Count().ShouldBe(50);

        var extra = await RoomWatcher.OpenAsync(two, room, "zoe");
        extra.Count.ShouldBe(51);
        extra.Users.ShouldBeEmpty();
        var over = await ada.NextAsync();
        over.EnumerateObject().Select(p => p.Name).ShouldBe(["topic", "count"]);
        over.GetProperty("count").GetInt32().ShouldBe(51);

        foreach (var watcher in crowd.Take(5)) watcher.Stream.Dispose();
        JsonElement names;
        do
        {
            names = await extra.Stream.ReadAsync() is { Event: "presence" } block ? block.Json : default;
        }
        while (names.ValueKind == JsonValueKind.Undefined || !names.TryGetProperty("joined", out _));
        var listed = names.GetProperty("joined").EnumerateArray().Select(user => user.GetProperty("id").GetString()).ToList();
        listed.Count.ShouldBe(names.GetProperty("count").GetInt32());
        listed.ShouldContain("zoe");
        listed.ShouldContain("ada");
    }

    [SkippableFact]
    public async Task One_stream_of_several_topics_is_in_each_of_its_rooms()
    {
        var (one, two) = Hosts;
        var (a, b) = (Fresh.Room(), Fresh.Room());
        using var both = await one.OpenAsync($"/api/events?topic=room:{a}&topic=all&topic=room:{b}&as=ada");

        var presence = both.Welcome.Json.GetProperty("presence");
        var inA = await RoomWatcher.OpenAsync(two, a, "bob");
        var inB = await RoomWatcher.OpenAsync(two, b, "carl");

        presence.EnumerateObject().Select(p => p.Name).ShouldBe([$"room:{a}", $"room:{b}"]);
        inA.Users.ShouldBe(["ada", "bob"]);
        inB.Users.ShouldBe(["ada", "carl"]);
        both.Dispose();
        await Task.WhenAll(inA.UntilAsync("bob"), inB.UntilAsync("carl"));
    }

    [SkippableFact]
    public async Task Presence_is_listed_across_instances_a_page_at_a_time()
    {
        var (one, two) = Hosts;
        var room = Fresh.Room();
        foreach (var user in new[] { "carl", "ada", "bob" }) await RoomWatcher.OpenAsync(user == "ada" ? one : two, room, user);
        await RoomWatcher.OpenAsync(one, room, "bob");

        foreach (var host in new[] { one, two })
        {
            await Until.TrueAsync("bob has two connections", async () => Connections(await MembersAsync(host, room), "bob") == 2);
            using var first = await host.Http.GetAsync($"/api/rooms/{room}/presence?limit=2");
            using var second = await host.Http.GetAsync($"/api/rooms/{room}/presence?limit=2&after=bob");
            var (head, tail) = (await first.JsonAsync(), await second.JsonAsync());
            head.EnumerateObject().Select(p => p.Name).ShouldBe(["room", "count", "users", "after"]);
            head.GetProperty("room").GetString().ShouldBe(room);
            head.GetProperty("count").GetInt32().ShouldBe(3);
            head.GetProperty("users").EnumerateArray().Select(u => u.GetProperty("id").GetString()).ShouldBe(["ada", "bob"]);
            head.GetProperty("after").GetString().ShouldBe("bob");
            tail.GetProperty("users").EnumerateArray().Select(u => u.GetProperty("id").GetString()).ShouldBe(["carl"]);
            tail.GetProperty("after").ValueKind.ShouldBe(JsonValueKind.Null);
            head.GetProperty("users")[0].GetProperty("since").GetDateTimeOffset().ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(20));
        }
    }

    [SkippableFact]
    public async Task Rooms_with_members_are_listed_to_who_may_subscribe_to_them()
    {
        var (one, two) = Hosts;
        var prefix = Fresh.Room();
        var ada = await RoomWatcher.OpenAsync(one, $"{prefix}-b", "ada");
        await RoomWatcher.OpenAsync(two, $"{prefix}-b", "bob");
        await RoomWatcher.OpenAsync(two, $"{prefix}-a", "ada");
        await RoomWatcher.OpenAsync(one, $"{prefix}-c", "eve", "&presence=false");
        await RoomWatcher.OpenAsync(one, "elsewhere", "ada");

        foreach (var host in new[] { one, two })
        {
            using var reader = host.NewClient(await host.TokenAsync("carl", rooms: [$"{prefix}-b"], roomsRead: [$"{prefix}-*"]));
            using var narrow = host.NewClient(await host.TokenAsync("dora", rooms: [$"{prefix}-a"]));
            var expected = $$"""{"rooms":[{"room":"{{prefix}}-a","count":1},{"room":"{{prefix}}-b","count":2}]}""";
            await Until.TrueAsync("both rooms are listed", async () => await reader.GetStringAsync("/api/rooms") == expected, 5);
            (await narrow.GetStringAsync("/api/rooms")).ShouldBe($$"""{"rooms":[{"room":"{{prefix}}-a","count":1}]}""");
        }

        ada.Stream.Dispose();
        using var all = two.NewClient(await two.TokenAsync("carl", rooms: [$"{prefix}-*"]));
        await Until.TrueAsync("ada is gone", async () => (await all.GetStringAsync("/api/rooms")).Contains($$"""{"room":"{{prefix}}-b","count":1}""", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Who_comes_while_somebody_types_hears_of_it_with_their_next_word()
    {
        var (one, two) = Hosts;
        var room = Fresh.Room();
        using var early = await one.OpenAsync($"/api/rooms/{room}/events?as=bob&presence=false");
        await TypeAsync(two, room, true);
        (await early.ReadAsync()).Json.GetProperty("typing").GetBoolean().ShouldBeTrue();

        using var late = await one.OpenAsync($"/api/rooms/{room}/events?as=eve&presence=false");
        await TypeAsync(two, room, true);
        await TypeAsync(two, room, false);

        foreach (var stream in new[] { early, late })
        {
            var told = await stream.ReadAsync(2);
            told.Select(block => block.Event).ShouldBe(["typing", "typing"]);
            told.Select(block => block.Json.GetProperty("typing").GetBoolean()).ShouldBe([true, false]);
        }

        static async Task TypeAsync(NotifierHost host, string room, bool isTyping)
        {
            using var answer = await host.Http.PostTextAsync($"/api/rooms/{room}/typing?as=ada", isTyping ? """{"typing":true}""" : """{"typing":false}""");
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }
    }

    [SkippableFact]
    public async Task Typing_ends_when_its_user_leaves()
    {
        var (one, two) = Hosts;
        var room = Fresh.Room();
        using var watcher = await one.OpenAsync($"/api/rooms/{room}/events?as=eve&presence=false");
        var ada = await RoomWatcher.OpenAsync(two, room, "ada");

        using var answer = await two.Http.PostTextAsync($"/api/rooms/{room}/typing?as=ada", """{"typing":true}""");
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        ada.Stream.Dispose();
        var start = TimeProvider.System.GetTimestamp();
        var told = new List<bool>();
        while (told.Count < 2)
        {
            if (await watcher.ReadAsync() is { Event: "typing" } block) told.Add(block.Json.GetProperty("typing").GetBoolean());
        }

        told.ShouldBe([true, false]);
        TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [SkippableTheory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("after=a%20b", "after")]
    public async Task A_bad_parameter_is_named_before_the_right_is_asked_for(string query, string field)
    {
        var (one, _) = Hosts;
        using var stranger = one.NewClient(await one.TokenAsync("ada"));

        using var invalid = await stranger.GetAsync($"/api/rooms/general/presence?{query}");
        using var forbidden = await stranger.GetAsync("/api/rooms/general/presence");

        await invalid.ShouldBeInvalidAsync(field);
        await forbidden.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    private static async Task<List<JsonElement>> MembersAsync(NotifierHost host, string room)
    {
        using var answer = await host.Http.GetAsync($"/api/rooms/{room}/presence");
        return [.. (await answer.EnsureSuccessStatusCode().JsonAsync()).GetProperty("users").EnumerateArray()];
    }

    private static JsonElement Member(List<JsonElement> members, string user) => members.SingleOrDefault(m => m.GetProperty("id").GetString() == user);

    private static int Connections(List<JsonElement> members, string user) =>
        Member(members, user) is { ValueKind: JsonValueKind.Object } member ? member.GetProperty("connections").GetInt32() : 0;

    private static string? Since(List<JsonElement> members, string user) => Member(members, user).GetProperty("since").GetString();
}
