using Notifier.Tests.Support;

namespace Notifier.Tests.Faults;

/// <summary>
/// CONTRACT 3: who keeps coming back with the last id gets every event exactly once and in order, or a gap that says where it can't. Each fault alone,
/// and then all of them mixed; none of them but the emptied log may cause a gap.
/// </summary>
public sealed class DeliveryUnderFaultTests(FaultRig rig) : IClassFixture<FaultRig>
{
    [SkippableFact]
    public async Task An_instance_that_is_killed_loses_nobody_an_event()
    {
        await rig.NeedAsync();
        await using var drill = await Drill.StartAsync(rig.Fleet);

        foreach (var index in new[] { 0, 1 })
        {
            await rig.Fleet.KillAsync(index);
            await drill.Publisher.AcknowledgedAsync(30);
            await rig.Fleet.StartAsync(index);
            await drill.Publisher.AcknowledgedAsync(30);
        }

        await drill.CheckAsync();
    }

    [SkippableFact]
    public async Task A_Redis_that_is_killed_and_comes_back_loses_nobody_an_event()
    {
        await rig.NeedAsync();
        await using var drill = await Drill.StartAsync(rig.Fleet);

        for (var i = 0; i < 2; i++)
        {
            await rig.Redis.KillAsync();
            await Until.LastsAsync(1);
            await rig.Redis.StartAsync();
            await drill.Publisher.AcknowledgedAsync(30);
        }

        await drill.CheckAsync();
        drill.Publisher.Refused.ShouldBeGreaterThan(0);
    }

    [SkippableTheory]
    [InlineData("pubsub")]
    [InlineData("normal")]
    public async Task Connections_that_Redis_kills_again_and_again_lose_nobody_an_event(string type)
    {
        await rig.NeedAsync();
        await using var drill = await Drill.StartAsync(rig.Fleet);

        var killed = 0;
        for (var i = 0; i < 15; i++)
        {
            killed += int.Parse((await rig.Redis.SendAsync($"CLIENT KILL TYPE {type} SKIPME yes"))[1..]);
            await Until.LastsAsync(0.2);
        }

        killed.ShouldBeGreaterThan(0);
        await drill.CheckAsync();
    }

    [SkippableFact]
    public async Task A_Redis_that_stands_still_for_5_seconds_loses_nobody_an_event_and_holds_up_no_answer()
    {
        await rig.NeedAsync();
        await using var drill = await Drill.StartAsync(rig.Fleet);

        rig.Redis.Signal("STOP");
        await Until.LastsAsync(5);
        rig.Redis.Signal("CONT");

        await drill.CheckAsync();
        drill.Publisher.Refused.ShouldBeGreaterThan(0);
        drill.Publisher.Slowest.ShouldBeLessThan(TimeSpan.FromSeconds(4));
    }

    [SkippableFact]
    public async Task A_slow_network_loses_nobody_an_event()
    {
        await rig.NeedAsync();
        await using var drill = await Drill.StartAsync(rig.Fleet);

        rig.Proxy.Delay = TimeSpan.FromMilliseconds(60);
        await drill.Publisher.AcknowledgedAsync(15);
        rig.Proxy.Heal();

        await drill.CheckAsync();
    }

    [SkippableFact]
    public async Task Replies_that_are_cut_in_the_middle_lose_nobody_an_event()
    {
        await rig.NeedAsync();
        await using var drill = await Drill.StartAsync(rig.Fleet);

        for (var i = 0; i < 10; i++)
        {
            rig.Proxy.CutReplies(3);
            await Until.TrueAsync("three replies are cut", () => rig.Proxy.RepliesToCut <= 0);
            await Until.LastsAsync(0.1);
        }

        await drill.CheckAsync();
    }

    [SkippableTheory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_network_that_is_silent_in_one_direction_loses_nobody_an_event(bool isForChannels, bool areReplies)
    {
        await rig.NeedAsync();
        await using var drill = await Drill.StartAsync(rig.Fleet);

        rig.Proxy.Silence((link, replies) => link.IsForChannels == isForChannels && replies == areReplies);
        await Until.LastsAsync(4);
        rig.Proxy.Heal();

        await drill.CheckAsync();
        drill.Publisher.Slowest.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [SkippableFact]
    public async Task A_log_that_is_emptied_under_way_is_told_as_a_gap_to_who_misses_something()
    {
        await rig.NeedAsync();
        await using var drill = await Drill.StartAsync(rig.Fleet);

        for (var i = 0; i < 3; i++)
        {
            (await rig.Redis.SendAsync("FLUSHALL")).ShouldBe("+OK");
            await drill.Publisher.AcknowledgedAsync(30);
        }

        await drill.CheckAsync(mayLose: true);
    }

    /// <summary>15 s, or the minute that the nightly run takes, where <c>NOTIFIER_NIGHTLY=1</c>.</summary>
    [SkippableFact]
    public async Task All_faults_at_once_lose_nobody_an_event()
    {
        await rig.NeedAsync();
        await using var drill = await Drill.StartAsync(rig.Fleet);
        var seconds = Nightly.Or(60, 15);
        var random = new Random(7);

        // In turns, each kind at least once; the order is another one each round.
        var ends = TimeProvider.System.GetUtcNow().AddSeconds(seconds);
        for (var round = 0; round == 0 || TimeProvider.System.GetUtcNow() < ends; round++)
        {
            foreach (var fault in Faults.OrderBy(_ => random.Next()))
            {
                await fault(rig);
                await drill.Publisher.AcknowledgedAsync(3);
            }
        }

        await rig.NeedAsync();
        await drill.CheckAsync();
    }

    private static readonly Func<FaultRig, Task>[] Faults =
    [
        async rig =>
        {
            await rig.Fleet.KillAsync(2);
            rig.Proxy.CutAll();
            await rig.Fleet.StartAsync(2, untilReady: false);
        },
        async rig =>
        {
            await rig.Redis.KillAsync();
            await Until.LastsAsync(0.5);
            await rig.Redis.StartAsync();
        },
        async rig =>
        {
            rig.Redis.Signal("STOP");
            await Until.LastsAsync(2.5);
            rig.Redis.Signal("CONT");
            rig.Proxy.CutReplies(2);
        },
        async rig =>
        {
            for (var i = 0; i < 5; i++)
            {
                await rig.Redis.SendAsync("CLIENT KILL TYPE pubsub");
                await Until.LastsAsync(0.1);
                await rig.Redis.SendAsync("CLIENT KILL TYPE normal");
            }
        },
        async rig =>
        {
            rig.Proxy.Delay = TimeSpan.FromMilliseconds(40);
            rig.Proxy.Silence((link, replies) => link.IsForChannels && replies);
            await rig.Fleet.KillAsync(1);
            await Until.LastsAsync(1);
            rig.Proxy.Heal();
            await rig.Fleet.StartAsync(1, untilReady: false);
        },
    ];
}
