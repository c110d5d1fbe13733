using System.Text;
using System.Text.Json;
using Notifier.Core.Log;
using Notifier.Core.Log.Memory;
using Notifier.Core.Presence;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Presence;

/// <summary>What a crowd costs, by a clock that the test moves.</summary>
public sealed class CrowdTests : IAsyncDisposable
{
    private static readonly TopicName Hall = TopicName.Room("hall");
    private static readonly TimeSpan Half = TimeSpan.FromMilliseconds(500);

    private readonly ManualTime _time = new();
    private readonly MemoryEventLog _log;
    private readonly Subscriptions _subscriptions;
    private readonly Typing _typing;
    private readonly Rooms _rooms;

    public CrowdTests()
    {
        _log = new(new(), _time);
        _subscriptions = new(_log, new(), _time);
        _typing = new(_log, _subscriptions, _time);
        _rooms = Rooms.Alone(_subscriptions, _typing, new(), _time);
    }

    [Fact]
    public async Task A_room_of_ten_thousand_costs_each_member_one_small_event_per_half_second()
    {
        using var subscription = await _subscriptions.OpenAsync([(Hall, StartPoint.Now)], default);
        using var watcher = await _rooms.WatchAsync([Hall], default);
        watcher.Greet();
        var told = new List<string>();

        for (var i = 0; i < 10_000; i++)
        {
            var member = await _rooms.WatchAsync([Hall], default);
            await member.JoinAsync(new($"user-{i:00000}"));
            member.Greet();

            // 10,000 come within five seconds.
            if (i % 2000 != 1999) continue;
            for (var tick = 0; tick < 10; tick++)
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                told.AddRange(Read(subscription, watcher));
            }
        }

        told.Count.ShouldBeLessThanOrEqualTo(11);
        told.ShouldAllBe(data => data.Length < 100);
        JsonDocument.Parse(told[^1]).RootElement.GetProperty("count").GetInt32().ShouldBe(10_000);
        (await _rooms.ReadAsync(Hall, default)).Count.ShouldBe(10_000);
    }

    [Fact]
    public async Task A_storm_of_two_thousand_that_come_back_within_the_grace_tells_nobody_anything()
    {
        var members = new List<Attendance>();
        for (var i = 0; i < 2000; i++) members.Add(await JoinAsync($"user-{i}"));
        using var subscription = await _subscriptions.OpenAsync([(Hall, StartPoint.Now)], default);
        using var watcher = await _rooms.WatchAsync([Hall], default);
        watcher.Greet();
        _time.Advance(Half * 2);
        Read(subscription, watcher);

        members.ForEach(member => member.Dispose());
        for (var i = 0; i < 2000; i++)
        {
            if (i % 500 == 0) _time.Advance(TimeSpan.FromSeconds(1));
            await JoinAsync($"user-{i}");
        }

        _time.Advance(TimeSpan.FromSeconds(10));

        Read(subscription, watcher).ShouldBeEmpty();
        (await _rooms.ReadCountsAsync(default))["hall"].ShouldBe(2000);
    }

    [Fact]
    public async Task Who_does_not_come_back_within_the_grace_is_told_once_to_have_left()
    {
        using var subscription = await _subscriptions.OpenAsync([(Hall, StartPoint.Now)], default);
        using var watcher = await _rooms.WatchAsync([Hall], default);
        watcher.Greet();
        var ada = await JoinAsync("ada");
        _time.Advance(Half);
        Read(subscription, watcher).Count.ShouldBe(1);

        ada.Dispose();
        _time.Advance(TimeSpan.FromSeconds(4.8));
        Read(subscription, watcher).ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(0.4));

        Read(subscription, watcher).ShouldBe(["""{"topic":"room:hall","count":0,"joined":[],"left":[{"id":"ada"}]}"""]);
        _time.Advance(TimeSpan.FromSeconds(60));
        Read(subscription, watcher).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stream_that_was_too_slow_for_the_events_gets_their_sum()
    {
        using var subscription = await _subscriptions.OpenAsync([(Hall, StartPoint.Now)], default);
        using var slow = await _rooms.WatchAsync([Hall], default);
        slow.Greet();
        var flighty = new List<Attendance>();
        for (var i = 0; i < 100; i++)
        {
            flighty.Add(await JoinAsync($"user-{i:00}"));
            _time.Advance(Half);
        }

        foreach (var gone in flighty.Take(90)) gone.Dispose();
        _time.Advance(TimeSpan.FromSeconds(10));

        var sum = JsonDocument.Parse(Read(subscription, slow).ShouldHaveSingleItem()).RootElement;
        sum.GetProperty("joined").EnumerateArray().Select(u => u.GetProperty("id").GetString()).ShouldBe(Enumerable.Range(90, 10).Select(i => $"user-{i}"));
        sum.GetProperty("left").GetArrayLength().ShouldBe(0);
        sum.GetProperty("count").GetInt32().ShouldBe(10);
    }

    [Fact]
    public async Task Nothing_of_a_room_outlives_its_last_member()
    {
        for (var i = 0; i < 1000; i++)
        {
            using var attendance = await _rooms.WatchAsync([TopicName.Room($"room-{i}")], default);
            await attendance.JoinAsync(new("ada"));
        }

        _rooms.Held.ShouldBe(1000);
        _time.Advance(TimeSpan.FromSeconds(6));

        _rooms.Held.ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_of_a_room_outlives_its_last_member_who_came_within_the_grace_of_another()
    {
        (await JoinAsync("ada")).Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await JoinAsync("bob")).Dispose();
        _time.Advance(TimeSpan.FromSeconds(6));

        _rooms.Held.ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        await _rooms.DisposeAsync();
        _typing.Dispose();
        await _subscriptions.DisposeAsync();
        await _log.DisposeAsync();
    }

    private static List<string> Read(Subscription subscription, Attendance attendance)
    {
        var told = new List<string>();
        while (subscription.TryRead(out var delivery))
        {
            if (delivery.Kind == DeliveryKind.Signal && attendance.Read((PresenceEvent)delivery.Signal) is { } frame) told.Add(Encoding.UTF8.GetString(frame.Envelope.Span));
        }

        return told;
    }

    private async Task<Attendance> JoinAsync(string user)
    {
        var attendance = await _rooms.WatchAsync([Hall], default);
        await attendance.JoinAsync(new(user));
        attendance.Greet();
        return attendance;
    }
}
