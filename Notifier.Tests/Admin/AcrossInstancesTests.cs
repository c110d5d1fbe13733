using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Admin;

/// <summary>What admins see of instances other than the one that they ask.</summary>
public sealed class AcrossInstancesTests(RedisServer redis) : IClassFixture<RedisServer>
{
    [SkippableFact]
    public async Task An_admin_sees_streams_and_figures_of_every_instance_and_the_list_has_all_of_them()
    {
        await using var one = Open();
        await using var other = Open();
        using var client = one.NewClient(await one.TokenAsync("root", roles: ["admin"]));
        await using var admin = await one.OpenAsync("/api/admin/events", token: await one.TokenAsync("root", roles: ["admin"]));
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (names.Count < 2) if (await admin.ReadAsync() is { Event: "stats" } stats) names.Add(stats.Json.GetProperty("instance").GetString()!);

        await using var there = await other.OpenAsync("/api/rooms/general/events?as=ada");
        SseBlock connected;
        do connected = await admin.ReadAsync();
        while (connected.Event != "connected" || connected.Json.GetProperty("user").GetProperty("id").GetString() != "ada");
        using var answer = await client.GetAsync("/api/admin/connections");
        var list = await answer.JsonAsync();

        names.ShouldContain(admin.Welcome.Json.GetProperty("instance").GetString()!);
        connected.Json.GetProperty("instance").GetString().ShouldBe(there.Welcome.Json.GetProperty("instance").GetString());
        Instances(list).Order(StringComparer.Ordinal).ShouldBe(names.Order(StringComparer.Ordinal));
        list.GetProperty("missing").GetArrayLength().ShouldBe(0);
        list.GetProperty("connections").EnumerateArray().Single(c => c.GetProperty("user").GetProperty("id").GetString() == "ada")
            .GetProperty("connection").GetString().ShouldBe(there.Welcome.Json.GetProperty("connection").GetString());
    }

    [SkippableFact]
    public async Task An_instance_that_went_without_a_word_is_named_as_missing_once_and_one_that_said_goodbye_is_not()
    {
        await using var one = Open();
        using var gone = NotifierProcess.Start("Development", [("Redis__Configuration", redis.Need())]);
        using var polite = NotifierProcess.Start("Development", [("Redis__Configuration", redis.Need())]);
        var addresses = new[] { await gone.ListeningAsync(), await polite.ListeningAsync() };
        var names = new List<string>();
        foreach (var address in addresses)
        {
            await using var stream = await SseStreamReader.OpenAsync(new HttpClient { BaseAddress = address }, "/api/rooms/general/events?as=ada");
            names.Add(stream.Welcome.Json.GetProperty("instance").GetString()!);
        }

        using var client = one.NewClient(await one.TokenAsync("root", roles: ["admin"]));
        polite.Signal("TERM");
        await polite.ExitAsync();
        gone.Signal("KILL");
        await gone.ExitAsync();

        using var first = await client.GetAsync("/api/admin/connections");
        using var second = await client.GetAsync("/api/admin/connections");
        (await first.JsonAsync()).GetProperty("missing").EnumerateArray().Select(name => name.GetString()).ShouldBe([names[0]]);
        (await second.JsonAsync()).GetProperty("missing").GetArrayLength().ShouldBe(0);
    }

    [SkippableFact]
    public async Task Bells_and_round_trips_are_counted()
    {
        await using var one = Open();
        await using var other = Open();
        var room = Fresh.Room();
        await using var stream = await other.OpenAsync($"/api/rooms/{room}/events?as=ada");
        var before = await Exposition.FetchAsync(other.Http);

        for (var i = 0; i < 5; i++) await one.Http.SayAsync(room, $"message {i}");
        await stream.ReadAsync(5);

        var (there, here) = (await Exposition.FetchAsync(other.Http), await Exposition.FetchAsync(one.Http));
        here["notifier_events_published_total{form=\"stored\",type=\"message\"}"].ShouldBe(5);
        there["notifier_events_published_total{form=\"stored\",type=\"message\"}"].ShouldBe(0);
        there["notifier_events_delivered_total{type=\"message\"}"].ShouldBe(5);
        (there["notifier_bells_received_total"] - before["notifier_bells_received_total"]).ShouldBe(5);
        there["notifier_bells_lost_total"].ShouldBe(0);
        here["notifier_store_call_duration_seconds_count"].ShouldBeGreaterThan(5);
        here["notifier_store_ready"].ShouldBe(1);
    }

    private static IEnumerable<string> Instances(JsonElement list) =>
        list.GetProperty("connections").EnumerateArray().Select(c => c.GetProperty("instance").GetString()!).Distinct(StringComparer.Ordinal);

    private NotifierHost Open() => NotifierHost.With(("Redis:Configuration", redis.Need()), ("Auth:SigningKey", TestTokens.Key));
}
