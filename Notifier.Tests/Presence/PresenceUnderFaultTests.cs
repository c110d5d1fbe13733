using System.Diagnostics;
using System.Globalization;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Presence;

/// <summary>Instances that die, that are thought dead, and a Redis that goes away: the list is right within 30 s each time.</summary>
public sealed class PresenceUnderFaultTests(FaultRig rig) : IClassFixture<FaultRig>
{
    [SkippableFact]
    public async Task An_instance_that_is_killed_takes_its_members_along_within_thirty_seconds_told_once()
    {
        await rig.NeedAsync();
        var room = Fresh.Room();
        var first = await RoomWatcher.OpenAsync(rig.Fleet.Address(0), room, "ada");
        var second = await RoomWatcher.OpenAsync(rig.Fleet.Address(1), room, "bob");
        foreach (var user in new[] { "carl", "dora", "bob" }) await RoomWatcher.OpenAsync(rig.Fleet.Address(2), room, user);
        await first.UntilAsync("ada", "bob", "carl", "dora");

        var start = Stopwatch.GetTimestamp();
        await rig.Fleet.KillAsync(2);
        await Task.WhenAll(PatientlyAsync(first, "ada", "bob"), PatientlyAsync(second, "ada", "bob"));
        Stopwatch.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(30));

        // Somebody who comes afterwards is told next: nothing was told in between.
        await RoomWatcher.OpenAsync(rig.Fleet.Address(1), room, "zoe");
        await Task.WhenAll(first.UntilAsync("ada", "bob", "zoe"), second.UntilAsync("ada", "bob", "zoe"));
        first.Told.Where(t => t[0] == '-').ShouldBe(["-carl", "-dora"], ignoreOrder: true);
        second.Told.Where(t => t[0] == '-').ShouldBe(["-carl", "-dora"], ignoreOrder: true);
        await Until.TrueAsync("nothing is left of the dead", async () => await rig.Redis.SendAsync($"HLEN ntf:{{room:{room}}}:presence") == ":4", 5);
    }

    [SkippableFact]
    public async Task An_instance_that_was_thought_dead_comes_back_with_its_members()
    {
        await rig.NeedAsync();
        var room = Fresh.Room();
        var first = await RoomWatcher.OpenAsync(rig.Fleet.Address(0), room, "ada");
        var second = await RoomWatcher.OpenAsync(rig.Fleet.Address(1), room, "bob");
        await first.UntilAsync("ada", "bob");

        // All leases run out at once: for each instance the other is dead, and it is itself.
        await rig.Redis.SendAsync("DEL ntf:{instances}:leases");
        await Until.LastsAsync(9);
        await RoomWatcher.OpenAsync(rig.Fleet.Address(1), room, "zoe");
        await Task.WhenAll(first.UntilAsync("ada", "bob", "zoe"), second.UntilAsync("ada", "bob", "zoe"));

        first.Told.Count(t => t == "-bob").ShouldBeLessThanOrEqualTo(1);
        second.Told.Count(t => t == "-ada").ShouldBeLessThanOrEqualTo(1);
    }

    [SkippableFact]
    public async Task After_a_Redis_that_was_emptied_the_list_is_right_within_thirty_seconds()
    {
        await rig.NeedAsync();
        var room = Fresh.Room();
        var first = await RoomWatcher.OpenAsync(rig.Fleet.Address(0), room, "ada");
        await RoomWatcher.OpenAsync(rig.Fleet.Address(1), room, "bob");
        await first.UntilAsync("ada", "bob");

        await rig.Redis.SendAsync("FLUSHALL");
        using var one = rig.Fleet.NewClient(0);
        using var three = rig.Fleet.NewClient(2);
        await Until.TrueAsync("both are listed everywhere", async () => await CountAsync(one, room) == 2 && await CountAsync(three, room) == 2);
    }

    [SkippableFact]
    public async Task While_Redis_is_away_who_left_is_told_on_the_same_instance_and_on_the_others_soon_after()
    {
        await rig.NeedAsync();
        var room = Fresh.Room();
        var first = await RoomWatcher.OpenAsync(rig.Fleet.Address(0), room, "ada");
        var second = await RoomWatcher.OpenAsync(rig.Fleet.Address(1), room, "bob");
        var leaving = await RoomWatcher.OpenAsync(rig.Fleet.Address(0), room, "carl");
        await Task.WhenAll(first.UntilAsync("ada", "bob", "carl"), second.UntilAsync("ada", "bob", "carl"));

        await rig.Redis.KillAsync();
        leaving.Stream.Dispose();
        await PatientlyAsync(first, "ada", "bob");
        await using var late = await SseStreamReader.OpenRawAsync(rig.Fleet.NewClient(0), $"/api/rooms/{room}/events?as=dora");
        var busy = await late.ReadAsync();
        await rig.Redis.StartAsync();
        await PatientlyAsync(second, "ada", "bob");

        first.Told.ShouldBe(["+bob", "+carl", "-carl"], ignoreOrder: true);
        second.Told.ShouldBe(["+carl", "-carl"]);
        busy.Event.ShouldBe("busy");
        busy.Json.GetProperty("reason").GetString().ShouldBe("store");
    }

    [SkippableFact]
    public async Task An_instance_that_is_stopped_leaves_its_members_the_grace_to_come_back_elsewhere()
    {
        await rig.NeedAsync();
        var room = Fresh.Room();
        var first = await RoomWatcher.OpenAsync(rig.Fleet.Address(0), room, "ada");
        await RoomWatcher.OpenAsync(rig.Fleet.Address(2), room, "bob");
        await RoomWatcher.OpenAsync(rig.Fleet.Address(2), room, "carl");
        await first.UntilAsync("ada", "bob", "carl");

        var stopping = rig.Fleet.StopAsync(2);
        await RoomWatcher.OpenAsync(rig.Fleet.Address(1), room, "bob");
        await stopping;
        await PatientlyAsync(first, "ada", "bob");

        first.Told.ShouldBe(["+bob", "+carl", "-carl"], ignoreOrder: true);
    }

    /// <summary>As <see cref="RoomWatcher.UntilAsync"/>, for longer than one read of a stream waits: the fleet's heartbeats keep it going.</summary>
    private static Task PatientlyAsync(RoomWatcher watcher, params string[] users) => watcher.UntilAsync(users).WaitAsync(TimeSpan.FromSeconds(32));

    private static async Task<int> CountAsync(HttpClient client, string room)
    {
        using var answer = await client.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/rooms/{room}/presence"));
        return answer.IsSuccessStatusCode ? (await answer.JsonAsync()).GetProperty("count").GetInt32() : -1;
    }
}
