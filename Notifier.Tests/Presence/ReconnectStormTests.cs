using System.Diagnostics;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;
using Xunit.Abstractions;

namespace Notifier.Tests.Presence;

/// <summary>Two thousand users on real streams of two instances over Redis, and what becomes of the list when they are all cut, half of them by a death.</summary>
[Collection(FaultTestCollection.Name)]
public sealed class ReconnectStormTests(FaultRig rig, ITestOutputHelper output)
{
    private const int Users = 2000;

    /// <summary>The default of <c>Presence:GraceSeconds</c>.</summary>
    private const int GraceSeconds = 5;

    [SkippableFact]
    public async Task Of_two_thousand_users_that_are_cut_at_once_and_come_back_nobody_is_told_to_have_left()
    {
        await using var fleet = await StartAsync();
        var room = Fresh.Room();
        using var crowd = new Crowd(room, Users);
        var watchers = await GatherAsync(fleet, room, crowd);

        var start = Stopwatch.GetTimestamp();
        crowd.Cut();
        await crowd.ComeAsync(n => fleet.Address((n + 1) % 2));
        output.WriteLine($"All are back after {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s.");
        var welcome = await RoomWatcher.OpenAsync(fleet.Address(0), room, "zoe");
        await Until.LastsAsync(GraceSeconds + 2);
        await RoomWatcher.OpenAsync(fleet.Address(1), room, "zola");
        await Task.WhenAll(watchers.Select(watcher => watcher.UntilCountAsync(Users + 4)));

        welcome.Users.ShouldBe(["ada", "bob", .. crowd.Members.Select(member => member.User), "zoe"]);
        foreach (var watcher in watchers) watcher.Told.Where(told => told[0] == '-').ShouldBeEmpty();
        crowd.LeftTold.ShouldBe(0);
        crowd.Members.ShouldAllBe(member => member.IsResumed);
    }

    [SkippableFact]
    public async Task Of_a_thousand_users_whose_instance_is_killed_only_who_does_not_come_back_is_told_to_have_left()
    {
        await using var fleet = await StartAsync();
        var room = Fresh.Room();
        using var crowd = new Crowd(room, Users);
        var watcher = (await GatherAsync(fleet, room, crowd))[0];

        var start = Stopwatch.GetTimestamp();
        await fleet.KillAsync(1);
        await crowd.ComeAsync(Enumerable.Range(0, Users).Where(n => n % 2 == 1 && n > 10), _ => fleet.Address(0));
        await watcher.UntilCountAsync(Users - 4).WaitAsync(TimeSpan.FromSeconds(32));
        Stopwatch.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(30));

        watcher.Told.Where(told => told[0] == '-').ShouldBe(["-bob", "-user-0001", "-user-0003", "-user-0005", "-user-0007", "-user-0009"], ignoreOrder: true);
        var welcome = await RoomWatcher.OpenAsync(fleet.Address(0), room, "zoe");
        welcome.Users.ShouldBe([.. watcher.Users, "zoe"]);
    }

    [SkippableFact]
    public async Task Two_thousand_users_outlast_a_Redis_that_is_killed_and_started_again()
    {
        await using var fleet = await StartAsync();
        var room = Fresh.Room();
        using var crowd = new Crowd(room, Users);
        var watchers = await GatherAsync(fleet, room, crowd);

        await rig.Redis.KillAsync();
        await Until.LastsAsync(1);
        await rig.Redis.StartAsync();
        await Task.WhenAll(fleet.ReadyAsync(0), fleet.ReadyAsync(1));
        await RoomWatcher.OpenAsync(fleet.Address(1), room, "zoe");
        await Task.WhenAll(watchers.Select(watcher => watcher.UntilCountAsync(Users + 3).WaitAsync(TimeSpan.FromSeconds(30))));

        (await RoomWatcher.OpenAsync(fleet.Address(0), room, "zola")).Users.ShouldBe([.. watchers[0].Users, "zola"]);
        foreach (var watcher in watchers) watcher.Told.Where(told => told[0] == '-').ShouldBeEmpty();
        crowd.LeftTold.ShouldBe(0);
    }

    private async Task<Fleet> StartAsync()
    {
        await rig.NeedAsync();
        return await Fleet.StartAsync(rig.Configuration, 2, settings: [("Presence__MaxListed", "5000")]);
    }

    /// <summary>Half of the crowd on each instance, and one watcher there who has seen everybody come: ada on the first, bob on the second.</summary>
    private static async Task<RoomWatcher[]> GatherAsync(Fleet fleet, string room, Crowd crowd)
    {
        using var client = fleet.NewClient(0);
        await client.SayAsync(room, "first");
        RoomWatcher[] watchers = [await RoomWatcher.OpenAsync(fleet.Address(0), room, "ada"), await RoomWatcher.OpenAsync(fleet.Address(1), room, "bob")];
        await crowd.ComeAsync(n => fleet.Address(n % 2));
        await Task.WhenAll(watchers.Select(watcher => watcher.UntilCountAsync(Users + 2)));
        return watchers;
    }
}
