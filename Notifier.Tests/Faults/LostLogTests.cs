using Notifier.Core.Events;
using Notifier.Tests.Support;

namespace Notifier.Tests.Faults;

/// <summary>CONTRACT 2, <c>gap</c>, and DESIGN's *Floor*: a log that lost events says so to whoever misses one, once a hole, and to nobody else.</summary>
public sealed class LostLogTests(FaultRig rig) : IClassFixture<FaultRig>
{
    [SkippableFact]
    public async Task An_emptied_log_is_told_once_to_who_misses_something_and_not_to_who_had_seen_all()
    {
        await rig.NeedAsync();
        using var client = rig.Fleet.NewClient(0);
        var room = Fresh.Room();
        await using var behind = new FollowingClient(rig.Fleet, "behind", [room]).Start();
        await using var live = new FollowingClient(rig.Fleet, "live", [room]) { Instance = 0 }.Start();
        await Task.WhenAll(behind.Started, live.Started);
        var sent = await SayAsync(client, room, 0, 3);
        await behind.ReachesAsync(room, sent[^1].Position);
        await behind.PauseAsync();
        sent.AddRange(await SayAsync(client, room, 3, 3));
        await live.ReachesAsync(room, sent[^1].Position);

        await rig.Redis.SendAsync("FLUSHALL");
        sent.AddRange(await SayAsync(client, room, 6, 3));
        await using var back = behind.Continue();
        await Task.WhenAll(back.ReachesAsync(room, sent[^1].Position), live.ReachesAsync(room, sent[^1].Position));
        await back.PauseAsync();
        await using var again = back.Continue();
        sent.AddRange(await SayAsync(client, room, 9, 1));
        await Task.WhenAll(again.ReachesAsync(room, sent[^1].Position), live.ReachesAsync(room, sent[^1].Position));

        ShouldBeRight(sent, room, again, live);
        live.Gaps.ShouldBeEmpty();
        var gap = again.Gaps.ShouldHaveSingleItem();
        gap.Reason.ShouldBe("reset");
        (gap.After, gap.Position).ShouldBe((sent[2].Position, sent[5].Position));
    }

    [SkippableFact]
    public async Task An_emptied_log_that_stays_quiet_is_told_once_and_goes_on()
    {
        await rig.NeedAsync();
        using var client = rig.Fleet.NewClient(0);
        var room = Fresh.Room();
        var followers = Enumerable.Range(0, 3).Select(i => new FollowingClient(rig.Fleet, $"live-{i}", [room]) { Instance = i }.Start()).ToArray();
        await Task.WhenAll(followers.Select(f => f.Started));
        var sent = await SayAsync(client, room, 0, 3);
        await Task.WhenAll(followers.Select(f => f.ReachesAsync(room, sent[^1].Position)));

        await rig.Redis.SendAsync("FLUSHALL");
        await Task.WhenAll(followers.Select(f => f.IsToldOfGapAsync(room)));
        sent.AddRange(await SayAsync(client, room, 3, 3));
        await Task.WhenAll(followers.Select(f => f.ReachesAsync(room, sent[^1].Position)));

        ShouldBeRight(sent, room, followers);
        foreach (var follower in followers)
        {
            follower.Gaps.ShouldHaveSingleItem().Reason.ShouldBeOneOf("trimmed", "reset");
            await follower.DisposeAsync();
        }
    }

    /// <summary>The checker again, on a log that is broken behind the service's back: it must not be satisfied.</summary>
    [SkippableFact]
    public async Task An_entry_that_is_removed_or_doubled_in_Redis_itself_does_not_get_past_the_checker()
    {
        await rig.NeedAsync();
        using var client = rig.Fleet.NewClient(0);
        var room = Fresh.Room();
        var log = $"ntf:{{room:{room}}}:log";
        await using var follower = new FollowingClient(rig.Fleet, "ada", [room]) { Instance = 0 }.Start();
        await follower.Started;
        var sent = await SayAsync(client, room, 0, 5);
        await follower.ReachesAsync(room, sent[^1].Position);
        DeliveryChecker.Check("ada", sent, follower.Sightings(room)).ShouldBeEmpty();

        await rig.Redis.SendAsync($"XDEL {log} {sent[2].Position}");
        await using var late = new FollowingClient(rig.Fleet, "bob", [room]) { Instance = 1, LastId = sent[0].Position.ToString() }.Start();
        await late.ReachesAsync(room, sent[^1].Position);
        var gap = late.Gaps.ShouldHaveSingleItem();
        DeliveryChecker.Check("bob", sent, [.. late.Sightings(room).Where(s => s != gap)]).ShouldNotBeEmpty();
        DeliveryChecker.Check("bob", sent, late.Sightings(room)).ShouldBeEmpty();

        await rig.Redis.SendAsync(
            $"EVAL \"local e = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1] return redis.call('XADD', KEYS[1], '*', unpack(e[2]))\" 1 {log}");
        sent.AddRange(await SayAsync(client, room, 5, 1));
        await follower.ReachesAsync(room, sent[^1].Position);
        DeliveryChecker.Check("ada", sent, follower.Sightings(room)).ShouldContain(wrong => wrong.Contains("twice"));
    }

    /// <summary>The one that publishes first after the failover had seen all, or had seen nothing of the topic; at once, or after a look around.</summary>
    [SkippableTheory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_replica_that_was_promoted_without_the_newest_entries_is_told_to_who_misses_something(bool hasSeen, bool isQuietFirst)
    {
        await rig.NeedAsync();
        var replica = new RedisServer();
        await replica.InitializeAsync();
        try
        {
            await rig.Redis.SendAsync("CONFIG SET repl-diskless-sync-delay 0");
            await replica.SendAsync($"REPLICAOF 127.0.0.1 {rig.Redis.Port}");
            using var client = rig.Fleet.NewClient(0);
            var room = Fresh.Room();
            await using var behind = new FollowingClient(rig.Fleet, "behind", [room]) { Instance = 0 }.Start();
            await using var between = new FollowingClient(rig.Fleet, "between", [room]) { Instance = 0 }.Start();
            await using var ahead = new FollowingClient(rig.Fleet, "ahead", [room]) { Instance = 0 }.Start();
            await Task.WhenAll(behind.Started, between.Started, ahead.Started);
            var sent = await SayAsync(client, room, 0, 3);
            await behind.ReachesAsync(room, sent[^1].Position);
            await behind.PauseAsync();
            sent.AddRange(await SayAsync(client, room, 3, 3));
            await Until.TrueAsync("the replica has it", async () => await replica.SendAsync($"XLEN ntf:{{room:{room}}}:log") == ":6");
            await replica.SendAsync("REPLICAOF NO ONE");
            sent.AddRange(await SayAsync(client, room, 6, 2));
            await between.ReachesAsync(room, sent[^1].Position);
            await between.PauseAsync();
            sent.AddRange(await SayAsync(client, room, 8, 2));
            await ahead.ReachesAsync(room, sent[^1].Position);

            await rig.Redis.KillAsync();
            rig.Proxy.TargetPort = replica.Port;
            rig.Proxy.CutAll();
            await rig.Fleet.AllReadyAsync();

            // Long enough for the look at every head that a restored connection begins; what is asserted holds without it too.
            if (isQuietFirst) await Until.LastsAsync(1.5);
            using var other = rig.Fleet.NewClient(2);
            sent.AddRange(await SayAsync(hasSeen ? client : other, room, 10, 3));

            // Through an instance that had seen nothing of the topic; one that had still holds the newest in memory.
            await using var behindAgain = behind.Continue(instance: 2);
            await using var betweenAgain = between.Continue(instance: 2);
            FollowingClient[] all = [behindAgain, betweenAgain, ahead];
            await Task.WhenAll(all.Select(f => f.ReachesAsync(room, sent[^1].Position)));

            ShouldBeRight(sent, room, all);
            betweenAgain.Gaps.ShouldHaveSingleItem().Reason.ShouldBe("reset");
            behindAgain.Gaps.ShouldHaveSingleItem().Reason.ShouldBe("reset");
            behindAgain.Gaps[0].After.ShouldBe(sent[5].Position);

            // Who had seen all has lost nothing.
            ahead.Gaps.ShouldBeEmpty();
        }
        finally
        {
            await replica.KillAsync();
            rig.Proxy.TargetPort = rig.Redis.Port;
            rig.Proxy.CutAll();
            if (!rig.Redis.IsRunning) await rig.Redis.StartAsync();
            await replica.DisposeAsync();
        }
    }

    private static void ShouldBeRight(List<Acknowledged> sent, string room, params FollowingClient[] clients) =>
        clients.SelectMany(client => DeliveryChecker.Check(client.Name, sent, client.Sightings(room))).ShouldBeEmpty();

    private static async Task<List<Acknowledged>> SayAsync(HttpClient client, string room, int from, int count)
    {
        var sent = new List<Acknowledged>();
        for (var n = from; n < from + count; n++)
        {
            LogPosition.TryParse(await client.SayAsync(room, $"number {n}"), out var position).ShouldBeTrue();
            sent.Add(new($"room:{room}", position, $"number {n}"));
        }

        return sent;
    }
}
