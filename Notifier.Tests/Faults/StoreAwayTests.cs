using System.Diagnostics;
using System.Net;
using Notifier.Core.Events;
using Notifier.Tests.Support;

namespace Notifier.Tests.Faults;

/// <summary>
/// CONTRACT 4 and 7, DESIGN's invariant 7: while the store is away publishing is refused in time, streams stay open, the instance says that it is not
/// ready; and all of it heals by itself. Limits stand as the contract names them, with <see cref="SlackSeconds"/> for a busy machine.
/// </summary>
[Collection(FaultTestCollection.Name)]
public sealed class StoreAwayTests(FaultRig rig)
{
    private const int SlackSeconds = 2;
    private const int HealSeconds = 5 + SlackSeconds;

    [SkippableFact]
    public async Task Without_Redis_publishing_is_refused_streams_stay_open_and_all_heals_by_itself()
    {
        await rig.NeedAsync();
        using var client = rig.Fleet.NewClient(0);
        var room = Fresh.Room();
        await using var stream = await SseStreamReader.OpenAsync(rig.Fleet.NewClient(0), $"/api/rooms/{room}/events?as=ada");
        await client.SayAsync(room, "before");
        (await ReadEventAsync(stream)).Text.ShouldBe("before");

        await rig.Redis.KillAsync();
        await Until.TrueAsync("it is not ready", async () => !await rig.Fleet.IsReadyAsync(0), 1 + SlackSeconds);
        await ShouldBeRefusedInTimeAsync(client, room);
        await using var late = await SseStreamReader.OpenRawAsync(rig.Fleet.NewClient(0), $"/api/rooms/{Fresh.Room()}/events?as=bob");
        var busy = await late.ReadAsync();
        for (var heartbeats = 0; heartbeats < 3; heartbeats++) (await stream.ReadAsync()).Comments.ShouldNotBeEmpty();

        await rig.Redis.StartAsync();
        await Until.TrueAsync("it is ready again", () => rig.Fleet.IsReadyAsync(0), HealSeconds);
        await client.SayAsync(room, "after");

        (await ReadEventAsync(stream)).Text.ShouldBe("after");
        busy.Event.ShouldBe("busy");
        busy.Json.GetProperty("reason").GetString().ShouldBe("store");
    }

    [SkippableFact]
    public async Task A_Redis_that_stands_still_is_a_store_away_and_heals_by_itself()
    {
        await rig.NeedAsync();
        using var client = rig.Fleet.NewClient(0);
        var room = Fresh.Room();
        await using var stream = await SseStreamReader.OpenAsync(rig.Fleet.NewClient(0), $"/api/rooms/{room}/events?as=ada");

        rig.Redis.Signal("STOP");
        await ShouldBeRefusedInTimeAsync(client, room);
        await Until.TrueAsync("it is not ready", async () => !await rig.Fleet.IsReadyAsync(0), 5 + SlackSeconds);
        for (var heartbeats = 0; heartbeats < 3; heartbeats++) (await stream.ReadAsync()).Comments.ShouldNotBeEmpty();
        rig.Redis.Signal("CONT");
        await Until.TrueAsync("it is ready again", () => rig.Fleet.IsReadyAsync(0), HealSeconds);

        // What was refused had no key, and may have been stored.
        await client.SayAsync(room, "after");
        SseBlock seen;
        do seen = await ReadEventAsync(stream);
        while (seen.Text == "refused");
        seen.Text.ShouldBe("after");
    }

    [SkippableFact]
    public async Task Each_command_and_query_is_refused_in_time_without_Redis()
    {
        await rig.NeedAsync();
        using var client = rig.Fleet.NewClient(1);
        await rig.Redis.KillAsync();
        string[] posts =
        [
            "/api/rooms/r/messages", "/api/rooms/r/events", "/api/users/bob/messages", "/api/users/bob/notifications", "/api/broadcast", "/api/publish",
            "/api/tracks/t/lessons/l/complete", "/api/tickets",
        ];
        const string Body = """{"text":"t","message":"m","type":"x","data":{},"topics":["room:a","room:b"]}""";

        foreach (var path in posts)
        {
            var body = path switch { "/api/tracks/t/lessons/l/complete" => "{}", "/api/tickets" => """{"topics":["room:a"]}""", _ => Body };
            var start = Stopwatch.GetTimestamp();
            using var answer = await client.PostTextAsync($"{path}?as=ada", body, ("Idempotency-Key", Fresh.User()));
            await answer.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable);
            answer.Headers.RetryAfter.ShouldNotBeNull(path);
            Stopwatch.GetElapsedTime(start).TotalSeconds.ShouldBeLessThan(2 + SlackSeconds, path);
        }

        foreach (var path in new[] { "/api/rooms/r/messages", "/api/tracks/t/progress" })
        {
            var start = Stopwatch.GetTimestamp();
            using var answer = await client.GetAsync($"{path}?as=ada");
            await answer.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable);
            Stopwatch.GetElapsedTime(start).TotalSeconds.ShouldBeLessThan(2 + SlackSeconds, path);
        }

        using var poll = new HttpRequestMessage(HttpMethod.Get, $"/api/rooms/{Fresh.Room()}/events?as=ada");
        poll.Headers.Accept.ParseAdd("application/json");
        using var polled = await client.SendAsync(poll);
        await polled.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable);
        polled.Headers.RetryAfter.ShouldNotBeNull();
    }

    [SkippableTheory]
    [InlineData("/api/rooms/general/events?")]
    [InlineData("/api/users/me/events?")]
    [InlineData("/api/events?topic=room:general&")]
    public async Task Without_Redis_a_stream_by_ticket_is_turned_away_in_a_way_that_an_event_source_survives(string path)
    {
        await rig.NeedAsync();
        using var client = rig.Fleet.NewClient(0);
        using var issued = await client.PostTextAsync("/api/tickets?as=ada", "{}");
        var address = $"{path}ticket={(await issued.JsonAsync()).GetProperty("ticket").GetString()}";

        await rig.Redis.KillAsync();
        await using var turnedAway = await SseStreamReader.OpenRawAsync(rig.Fleet.NewClient(0), address);
        var blocks = await turnedAway.ReadToEndAsync();
        using var plain = await client.GetAsync(address);
        await rig.Redis.StartAsync();
        await rig.Fleet.ReadyAsync(0);
        await using var stream = await SseStreamReader.OpenAsync(rig.Fleet.NewClient(0), address);

        turnedAway.Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var busy = blocks.ShouldHaveSingleItem();
        busy.Event.ShouldBe("busy");
        busy.Retry.ShouldNotBeNull();
        busy.Json.GetProperty("reason").GetString().ShouldBe("store");
        await plain.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable);
        plain.Headers.RetryAfter.ShouldNotBeNull();
        stream.Welcome.Json.GetProperty("user").GetProperty("id").GetString().ShouldBe("ada");
    }

    [SkippableFact]
    public async Task An_instance_that_starts_while_Redis_is_away_serves_and_heals_by_itself()
    {
        await rig.NeedAsync();
        await rig.Redis.KillAsync();
        await using var fleet = await Fleet.StartAsync(rig.Configuration, 1, untilReady: false);
        using var client = fleet.NewClient(0);
        var room = Fresh.Room();

        (await fleet.IsReadyAsync(0)).ShouldBeFalse();
        (await client.GetAsync("/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldBeRefusedInTimeAsync(client, room);
        await using var follower = new FollowingClient(fleet, "ada", [room]).Start();

        await rig.Redis.StartAsync();
        await Until.TrueAsync("it is ready", () => fleet.IsReadyAsync(0), HealSeconds);
        await follower.Started;
        LogPosition.TryParse(await client.SayAsync(room, "after"), out var position).ShouldBeTrue();

        await follower.ReachesAsync(room, position);
    }

    [SkippableFact]
    public async Task An_instance_whose_bells_have_gone_silent_is_not_ready_until_they_ring_again_and_catches_up_at_once()
    {
        await rig.NeedAsync();
        using var client = rig.Fleet.NewClient(0);
        var room = Fresh.Room();
        await using var follower = new FollowingClient(rig.Fleet, "ada", [room]) { Instance = 0 }.Start();
        await follower.Started;

        rig.Proxy.Silence((link, replies) => link.IsForChannels && replies);
        await Until.TrueAsync("it is not ready", async () => !await rig.Fleet.IsReadyAsync(0), 5 + SlackSeconds);
        LogPosition.TryParse(await client.SayAsync(room, "unheard"), out var position).ShouldBeTrue();
        rig.Proxy.Heal();
        await Until.TrueAsync("it is ready again", () => rig.Fleet.IsReadyAsync(0), HealSeconds);

        await follower.ReachesAsync(room, position);
        follower.Opened.ShouldBe(1);
        follower.Gaps.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_connection_of_bells_that_is_dead_for_good_is_replaced_by_one_that_works()
    {
        await rig.NeedAsync();
        await using var fleet = await Fleet.StartAsync(rig.Configuration, 1);
        using var client = fleet.NewClient(0);
        var room = Fresh.Room();
        await using var follower = new FollowingClient(fleet, "ada", [room]).Start();
        await follower.Started;

        // As where a firewall has forgotten a connection: it stays silent for ever, and new ones work.
        var dead = rig.Proxy.Links.Where(link => link.IsForChannels).ToHashSet();
        rig.Proxy.Silence((link, _) => dead.Contains(link));
        await Until.TrueAsync("it is not ready", async () => !await fleet.IsReadyAsync(0), 5 + SlackSeconds);
        LogPosition.TryParse(await client.SayAsync(room, "unheard"), out var position).ShouldBeTrue();

        await Until.TrueAsync("it is ready again", () => fleet.IsReadyAsync(0), 30);
        await follower.ReachesAsync(room, position);
        follower.Gaps.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_stream_that_was_turned_away_without_Redis_leaves_no_subscription_behind()
    {
        await rig.NeedAsync();
        var room = Fresh.Room();
        rig.Redis.Signal("STOP");
        await using (var refused = await SseStreamReader.OpenRawAsync(rig.Fleet.NewClient(0), $"/api/rooms/{room}/events?as=ada"))
        {
            (await refused.ReadAsync()).Event.ShouldBe("busy");
        }

        rig.Redis.Signal("CONT");
        await rig.Fleet.ReadyAsync(0);

        await Until.TrueAsync("nobody is subscribed", async () => await rig.Redis.SendAsync($"PUBSUB CHANNELS ntf:{{room:{room}}}:bell") == "*0", 10);
    }

    [SkippableFact]
    public async Task The_last_event_before_a_silence_arrives_soon_though_its_bell_was_lost()
    {
        await rig.NeedAsync();
        using var client = rig.Fleet.NewClient(1);
        var room = Fresh.Room();
        await using var follower = new FollowingClient(rig.Fleet, "ada", [room]) { Instance = 0 }.Start();
        await follower.Started;

        for (var i = 0; i < 10; i++)
        {
            await rig.Redis.SendAsync("CLIENT KILL TYPE pubsub");
            LogPosition.TryParse(await client.SayAsync(room, $"unheard {i}"), out var position).ShouldBeTrue();
            var start = Stopwatch.GetTimestamp();
            await follower.ReachesAsync(room, position);
            Stopwatch.GetElapsedTime(start).TotalSeconds.ShouldBeLessThan(3 + SlackSeconds, $"number {i}");
        }

        follower.Opened.ShouldBe(1);
        follower.Gaps.ShouldBeEmpty();
    }

    private static async Task ShouldBeRefusedInTimeAsync(HttpClient client, string room)
    {
        for (var i = 0; i < 3; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var answer = await client.PostTextAsync($"/api/rooms/{room}/messages?as=ada", """{"text":"refused"}""");
            await answer.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable);
            answer.Headers.RetryAfter.ShouldNotBeNull();
            Stopwatch.GetElapsedTime(start).TotalSeconds.ShouldBeLessThan(2 + SlackSeconds);
        }
    }

    private static async Task<SseBlock> ReadEventAsync(SseStreamReader stream)
    {
        SseBlock block;
        do block = await stream.ReadAsync();
        while (block.Event is null);
        return block;
    }
}
