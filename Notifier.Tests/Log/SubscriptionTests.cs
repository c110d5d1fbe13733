using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Memory;
using Notifier.Core.Settings;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log;

public sealed class SubscriptionTests
{
    private static readonly TopicName General = TopicName.Room("general");
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_storm_of_readers_that_come_back_costs_the_log_one_read()
    {
        await using var log = new CountingLog(new MemoryEventLog(new(), _time));
        await using var subscriptions = new Subscriptions(log, new(), _time);
        var first = (await log.AppendAsync(General, Drafts.Message("0"), default, default)).Position;
        for (var i = 1; i <= 100; i++) await log.AppendAsync(General, Drafts.Message($"{i}"), default, default);

        var storm = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(() => subscriptions.OpenAsync([(General, new StartPoint { After = first })], default))));

        foreach (var subscription in storm)
        {
            using (subscription)
            {
                subscription.IsResumed.ShouldBeTrue();
                (await ReadAllAsync(subscription)).Count.ShouldBe(100);
            }
        }

        log.Reads.ShouldBe(1);
        log.Follows.ShouldBe(1);
    }

    [Fact]
    public async Task A_tail_is_kept_a_while_after_its_last_reader_and_then_given_up()
    {
        await using var log = new CountingLog(new MemoryEventLog(new(), _time));
        await using var subscriptions = new Subscriptions(log, new(), _time);
        (await subscriptions.OpenAsync([(General, StartPoint.Now)], default)).Dispose();

        _time.Advance(TimeSpan.FromSeconds(20));
        (await subscriptions.OpenAsync([(General, StartPoint.Now)], default)).Dispose();
        log.Follows.ShouldBe(1);
        await log.AppendAsync(General, Drafts.Message("held by the tail"), default, default);
        subscriptions.TailBytes.ShouldBeGreaterThan(0);
        _time.Advance(TimeSpan.FromSeconds(60));

        subscriptions.FollowedTopics.ShouldBe(0);
        subscriptions.TailBytes.ShouldBe(0);
    }

    [Fact]
    public async Task All_tails_together_stay_within_their_bytes()
    {
        var options = new LogOptions { TailBytes = 64 << 10 };
        await using var log = new MemoryEventLog(options, _time);
        await using var subscriptions = new Subscriptions(log, options, _time);
        var open = new List<Subscription>();
        for (var i = 0; i < 20; i++) open.Add(await subscriptions.OpenAsync([(TopicName.Room($"r{i}"), StartPoint.Now)], default));

        for (var n = 0; n < 50; n++)
        {
            for (var i = 0; i < 20; i++) await log.AppendAsync(TopicName.Room($"r{i}"), Drafts.Message(new string('x', 1000)), default, default);
        }

        subscriptions.TailBytes.ShouldBeLessThan((64 << 10) + (20 * 2000));
        foreach (var subscription in open)
        {
            using (subscription) (await ReadAllAsync(subscription)).Count.ShouldBe(50);
        }

        subscriptions.TailBytes.ShouldBeLessThan((64 << 10) + (20 * 2000));
    }

    [Fact]
    public async Task A_reader_ahead_of_the_log_is_told_of_a_reset_and_goes_on_from_the_head()
    {
        await using var log = new MemoryEventLog(new(), _time);
        await using var subscriptions = new Subscriptions(log, new(), _time);
        var head = (await log.AppendAsync(General, Drafts.Message("x"), default, default)).Position;
        var ahead = new LogPosition(head.Milliseconds + 1_000_000, 0);

        using var subscription = await subscriptions.OpenAsync([(General, new StartPoint { After = ahead })], default);

        subscription.IsResumed.ShouldBeFalse();
        subscription.TryRead(out var delivery).ShouldBeTrue();
        delivery.Gap.ShouldBe(new Gap(General, ahead, null, head, GapReason.Reset));
        subscription[0].Position.ShouldBe(head);
    }

    [Fact]
    public async Task A_signal_keeps_its_place_among_the_events_around_it()
    {
        await using var log = new MemoryEventLog(new(), _time);
        await using var subscriptions = new Subscriptions(log, new(), _time);
        await log.SignalAsync(General, Signal("before"), default);
        using var subscription = await subscriptions.OpenAsync([(General, StartPoint.Now)], default);

        await log.AppendAsync(General, Drafts.Message("1"), default, default);
        await log.SignalAsync(General, Signal("typing"), default);
        await log.AppendAsync(General, Drafts.Message("2"), default, default);

        (await ReadAllAsync(subscription)).Select(d => d.Kind == DeliveryKind.Event ? d.Event.Text() : d.Signal.Type).ShouldBe(["1", "typing", "2"]);
    }

    [Fact]
    public async Task What_waits_in_several_topics_comes_in_the_order_in_which_it_was_stored()
    {
        await using var log = new MemoryEventLog(new(), _time);
        await using var subscriptions = new Subscriptions(log, new(), _time);
        TopicName[] topics = [General, TopicName.User("ada"), TopicName.All];
        using var subscription = await subscriptions.OpenAsync([.. topics.Select(topic => (topic, StartPoint.Now))], default);
        var random = new Random(7);
        for (var i = 0; i < 900; i++)
        {
            await log.AppendAsync(topics[random.Next(topics.Length)], Drafts.Message($"{i}"), default, default);

            // Several in a millisecond, too: their sequences count within each topic.
            if (i % 4 == 3) _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        var read = await ReadAllAsync(subscription);

        read.Select(d => d.Event.Text()).ShouldBe(Enumerable.Range(0, 900).Select(i => $"{i}"));
    }

    [Fact]
    public async Task What_is_older_than_what_is_held_back_comes_first_and_the_positions_know_only_what_was_handed_out()
    {
        await using var log = new MemoryEventLog(new(), _time);
        await using var subscriptions = new Subscriptions(log, new(), _time);
        using var subscription = await subscriptions.OpenAsync([(General, StartPoint.Now), (TopicName.All, StartPoint.Now)], default);
        var starts = (subscription[0].Position, subscription[1].Position);
        var first = (await log.AppendAsync(General, Drafts.Message("1"), default, default)).Position;
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await log.AppendAsync(TopicName.All, Drafts.Message("2"), default, default);

        subscription.TryRead(out var one).ShouldBeTrue();

        one.Event.Text().ShouldBe("1");
        (subscription[0].Position, subscription[1].Position).ShouldBe((first, starts.Item2));
        (await ReadAllAsync(subscription)).Select(d => d.Event.Text()).ShouldBe(["2"]);
    }

    [Fact]
    public async Task A_topic_whose_clock_is_ahead_waits_for_a_while_behind_a_busy_one_and_not_for_ever()
    {
        await using var log = new MemoryEventLog(new(), _time);
        await using var subscriptions = new Subscriptions(log, new(), _time);
        using var subscription = await subscriptions.OpenAsync([(General, StartPoint.Now), (TopicName.All, StartPoint.Now)], default);
        _time.Advance(TimeSpan.FromSeconds(1));
        await log.AppendAsync(TopicName.All, Drafts.Message("ahead"), default, default);
        _time.SetBack(TimeSpan.FromHours(1));

        var reads = 0;
        Delivery delivery;
        do
        {
            await log.AppendAsync(General, Drafts.Message("busy"), default, default);
            subscription.TryRead(out delivery).ShouldBeTrue();
        }
        while (delivery.Event.Text() == "busy" && ++reads < 10_000);

        reads.ShouldBeInRange(1, 3000);
    }

    [Fact]
    public async Task A_topic_full_of_signals_keeps_no_event_of_another_waiting_for_ever()
    {
        await using var log = new MemoryEventLog(new(), _time);
        await using var subscriptions = new Subscriptions(log, new(), _time);
        using var subscription = await subscriptions.OpenAsync([(General, StartPoint.Now), (TopicName.All, StartPoint.Now)], default);
        await log.AppendAsync(TopicName.All, Drafts.Message("event"), default, default);

        var reads = 0;
        Delivery delivery;
        do
        {
            await log.SignalAsync(General, Signal("busy"), default);
            subscription.TryRead(out delivery).ShouldBeTrue();
        }
        while (delivery.Kind == DeliveryKind.Signal && ++reads < 10_000);

        reads.ShouldBeInRange(1, 3000);
    }

    [Fact]
    public async Task A_reader_that_slept_through_more_signals_than_are_kept_gets_the_newest()
    {
        await using var log = new MemoryEventLog(new(), _time);
        await using var subscriptions = new Subscriptions(log, new(), _time);
        using var subscription = await subscriptions.OpenAsync([(General, StartPoint.Now)], default);

        for (var i = 0; i < 1000; i++) await log.SignalAsync(General, Signal($"s{i}"), default);

        var heard = await ReadAllAsync(subscription);
        heard.Count.ShouldBe(256);
        heard[^1].Signal.Type.ShouldBe("s999");
    }

    [Fact]
    public async Task An_append_between_a_look_and_the_wait_ends_the_wait()
    {
        var options = new LogOptions { MaxEventsPerTopic = 100_000 };
        await using var log = new MemoryEventLog(options, TimeProvider.System);
        await using var subscriptions = new Subscriptions(log, options, TimeProvider.System);
        using var subscription = await subscriptions.OpenAsync([(General, StartPoint.Now)], default);
        var reading = Task.Run(async () =>
        {
            for (var read = 0; read < 20_000;)
            {
                if (subscription.TryRead(out _)) read++;
                else await subscription.WaitAsync();
            }
        });

        for (var i = 0; i < 20_000; i++) await log.AppendAsync(General, Drafts.Message("x"), default, default);

        await reading.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task An_append_goes_on_while_the_tail_is_being_filled()
    {
        await using var log = new CountingLog(new MemoryEventLog(new(), TimeProvider.System));
        await using var subscriptions = new Subscriptions(log, new(), TimeProvider.System);
        await log.AppendAsync(General, Drafts.Message("1"), default, default);
        using var follower = await subscriptions.OpenAsync([(General, StartPoint.Now)], default);
        var appended = false;

        // An append holds the topic while it tells the tail: a tail that held itself while it asks the topic would wait for ever.
        log.BeforeReadBack = () =>
        {
            appended = Task.Run(async () => await log.AppendAsync(General, Drafts.Message("2"), default, default)).Wait(TimeSpan.FromSeconds(5));
            return Task.CompletedTask;
        };
        using var reader = await Task.Run(() => subscriptions.OpenAsync([(General, new StartPoint { Since = DateTimeOffset.MinValue })], default))
            .WaitAsync(TimeSpan.FromSeconds(20));

        appended.ShouldBeTrue();
        (await ReadAllAsync(reader)).Select(d => d.Event.Text()).ShouldBe(["1", "2"]);
    }

    private static EphemeralEvent Signal(string type) => new(type, SseFrame.ForService(type, "{}"u8));

    private static async Task<List<Delivery>> ReadAllAsync(Subscription subscription)
    {
        var all = new List<Delivery>();
        while (true)
        {
            if (subscription.TryRead(out var delivery)) all.Add(delivery);
            else if (subscription.IsBehind) await subscription.WaitAsync();
            else return all;
        }
    }
}
