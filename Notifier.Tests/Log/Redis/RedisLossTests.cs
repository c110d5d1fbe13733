using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Redis;
using Notifier.Core.Settings;
using Notifier.Core.Topics;
using Notifier.Tests.Support;
using StackExchange.Redis;

namespace Notifier.Tests.Log.Redis;

/// <summary>What readers are told when Redis itself loses what it had.</summary>
public sealed class RedisLossTests(RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly RedisOptions _options = new() { KeyPrefix = $"test-{Guid.NewGuid():N}" };
    private readonly TopicName _topic = TopicName.Room(Fresh.Room());
    private RedisConnection? _connection;
    private ConnectionMultiplexer? _admin;

    public async Task InitializeAsync()
    {
        if (redis.Configuration is null) return;
        _connection = await RedisConnection.OpenAsync(redis.Configuration, TimeProvider.System);
        _admin = await ConnectionMultiplexer.ConnectAsync(redis.Configuration + ",allowAdmin=true");
    }

    public async Task DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
        _admin?.Dispose();
    }

    [SkippableFact]
    public async Task After_a_failover_to_a_copy_without_the_newest_entries_who_saw_them_goes_on_and_everybody_else_is_told()
    {
        redis.Need();
        await using var log = Open();
        var follower = new RecordingFollower();
        await using var following = await log.FollowAsync(_topic, follower, None);
        var ids = new List<LogPosition>();
        for (var i = 0; i < 6; i++) ids.Add(await AppendAsync(log));
        var copy = await _admin!.GetDatabase().KeyDumpAsync(Key);
        for (var i = 0; i < 4; i++) ids.Add(await AppendAsync(log));
        await follower.TakeAsync(ids.Count);

        await _admin.GetDatabase().KeyDeleteAsync(Key);
        await _admin.GetDatabase().KeyRestoreAsync(Key, copy!);
        var next = await AppendAsync(log);

        // Behind the copy's head: what the copy has, then the hole. Between: the hole. At the newest that was lost: nothing is missing.
        (await ReadAllAsync(log, ids[3])).ShouldBe([$"{ids[4]}", $"{ids[5]}", $"gap {ids[5]} {next} Reset", $"{next}"]);
        (await ReadAllAsync(log, ids[7])).ShouldBe([$"gap {ids[7]} {next} Reset", $"{next}"]);
        (await ReadAllAsync(log, ids[9])).ShouldBe([$"{next}"]);
    }

    [SkippableFact]
    public async Task After_a_flush_an_instance_that_knows_its_own_events_alone_hides_nothing_of_what_others_stored()
    {
        redis.Need();
        await using var log = Open();
        await using var other = Open();
        var own = await AppendAsync(log);
        await AppendAsync(other);

        await _admin!.GetDatabase().KeyDeleteAsync(Key);
        var next = await AppendAsync(log);

        (await ReadAllAsync(log, own)).ShouldBe([$"gap {own} {next} Reset", $"{next}"]);
    }

    [SkippableFact]
    public async Task After_a_flush_a_reader_is_told_of_a_reset_by_the_next_event_and_of_a_trim_where_there_is_none()
    {
        redis.Need();
        await using var log = Open();
        var first = await AppendAsync(log);
        var second = await AppendAsync(log);

        await _admin!.GetDatabase().KeyDeleteAsync(Key);

        // A log is opened at the millisecond of Redis' own clock, which has to have moved on.
        await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        await using var other = Open();
        var head = await other.ReadHeadAsync(_topic, None);

        head.ShouldBeGreaterThan(second);
        (await ReadAllAsync(other, first)).ShouldBe([$"gap {first} none Trimmed"]);

        await _admin.GetDatabase().KeyDeleteAsync(Key);
        await using var unaware = Open();
        var next = await AppendAsync(unaware);
        (await ReadAllAsync(unaware, first)).ShouldBe([$"gap {first} {next} Reset", $"{next}"]);
    }

    [SkippableFact]
    public async Task A_subscription_that_was_open_through_a_flush_is_told_once_and_goes_on()
    {
        redis.Need();
        await using var log = Open();
        await using var subscriptions = new Subscriptions(log, new(), TimeProvider.System);
        using var subscription = await subscriptions.OpenAsync([(_topic, StartPoint.Now)], None);
        var seen = await AppendAsync(log);
        (await NextAsync(subscription)).ShouldBe($"{seen}");

        await _admin!.GetDatabase().KeyDeleteAsync(Key);
        await using var unaware = Open();
        var next = await AppendAsync(unaware);
        var after = await AppendAsync(unaware);

        (await NextAsync(subscription)).ShouldBe($"gap {seen} {next} Reset");
        (await NextAsync(subscription)).ShouldBe($"{next}");
        (await NextAsync(subscription)).ShouldBe($"{after}");
    }

    [SkippableFact]
    public async Task A_bell_that_was_lost_costs_time_and_no_event()
    {
        redis.Need();
        await using var log = Open();
        await using var subscriptions = new Subscriptions(log, new(), TimeProvider.System);
        using var subscription = await subscriptions.OpenAsync([(_topic, StartPoint.Now)], None);
        var database = _admin!.GetDatabase();
        var head = await log.ReadHeadAsync(_topic, None);

        // Entries that nobody rang for, as when the connection for channels was down.
        var silent = (string)(await database.ExecuteAsync("XADD", Key, "*", "t", "message", "b", "\"data\":1", "p", $"{head}"))!;
        await log.CheckAsync();

        (await NextAsync(subscription)).ShouldBe(silent);
    }

    [SkippableFact]
    public async Task Bells_that_come_out_of_order_are_told_in_order()
    {
        redis.Need();
        await using var log = Open();
        var ids = new List<LogPosition>();
        for (var i = 0; i < 3; i++) ids.Add(await AppendAsync(log));
        var page = await log.ReadAsync(_topic, LogPosition.Zero, 10, None);
        var follower = new RecordingFollower();
        using var bell = new Doorbell(_topic, log, follower, new(), TimeProvider.System);
        bell.Start(page.Events[0].Predecessor);

        foreach (var i in new[] { 2, 0, 1 }) bell.Ring(Bell(page.Events[i]));

        (await follower.TakeAsync(3)).Select(e => e.Position).ShouldBe(ids);
        follower.HasMore.ShouldBeFalse();
    }

    [SkippableFact]
    public async Task Entries_that_are_too_old_are_dropped_to_the_last()
    {
        redis.Need();
        await using var log = new RedisEventLog(_connection!, _options, new() { MaxAge = TimeSpan.FromSeconds(1) }, TimeProvider.System);
        for (var i = 0; i < 50; i++) await AppendAsync(log);

        // The age that counts is Redis' own, so the test has to let it pass.
        await Task.Delay(TimeSpan.FromSeconds(1.1), TimeProvider.System);
        var young = await AppendAsync(log);

        (await log.ReadAsync(_topic, LogPosition.Zero, 100, None)).Events.Select(e => e.Position).ShouldBe([young]);
    }

    private string Key => $"{_options.KeyPrefix}:{{{_topic}}}:log";

    private static byte[] Bell(LoggedEvent logged) =>
        System.Text.Encoding.UTF8.GetBytes($"e{logged.Position} {logged.Predecessor} 0 {logged.Type}\n\"data\":1");

    private static async Task<string> NextAsync(Subscription subscription)
    {
        Delivery delivery;
        while (!subscription.TryRead(out delivery)) await subscription.WaitAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        return Describe(delivery);
    }

    private static string Describe(Delivery delivery) =>
        delivery.Kind == DeliveryKind.Gap ? $"gap {delivery.Gap.After} {delivery.Gap.First?.ToString() ?? "none"} {delivery.Gap.Reason}" : $"{delivery.Event.Position}";

    private static async Task<List<string>> ReadAllAsync(RedisEventLog log, TopicName topic, LogPosition after)
    {
        await using var subscriptions = new Subscriptions(log, new(), TimeProvider.System);
        using var subscription = await subscriptions.OpenAsync([(topic, new StartPoint { After = after })], None);
        var all = new List<string>();
        while (true)
        {
            if (subscription.TryRead(out var delivery)) all.Add(Describe(delivery));
            else if (subscription.IsBehind) await subscription.WaitAsync();
            else return all;
        }
    }

    private RedisEventLog Open() => new(_connection!, _options, new(), TimeProvider.System);

    private Task<List<string>> ReadAllAsync(RedisEventLog log, LogPosition after) => ReadAllAsync(log, _topic, after);

    private async Task<LogPosition> AppendAsync(RedisEventLog log) => (await log.AppendAsync(_topic, Drafts.Message("x"), default, None)).Position;
}
