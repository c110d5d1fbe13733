using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Redis;
using Notifier.Core.Topics;
using Notifier.Tests.Support;
using StackExchange.Redis;

namespace Notifier.Tests.Faults;

/// <summary>A server that takes another one's place without its newest entries, and an instance that had seen nothing of them and is the first to publish.</summary>
[Collection(FaultTestCollection.Name)]
public sealed class OtherServerTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly RedisServer _old = new();
    private readonly RedisServer _new = new();

    [SkippableFact]
    public async Task Who_knows_nothing_of_a_topic_waits_for_the_word_of_who_does_before_it_publishes_on_another_server()
    {
        Need();
        await using var proxy = FaultyProxy.Start(_old.Port);
        await using var knowing = await RedisConnection.OpenAsync(proxy.Configuration, TimeProvider.System);
        await using var ignorant = await RedisConnection.OpenAsync(proxy.Configuration, TimeProvider.System);
        await using var one = new RedisEventLog(knowing, new(), new(), TimeProvider.System);
        await using var other = new RedisEventLog(ignorant, new(), new(), TimeProvider.System);
        var topic = TopicName.Room(Fresh.Room());
        var follower = new RecordingFollower();
        await using var following = await one.FollowAsync(topic, follower, None);
        var ids = new List<LogPosition>();
        for (var i = 0; i < 6; i++) ids.Add(await AppendAsync(one, topic));
        await CopyAsync($"ntf:{{{topic}}}:log");
        for (var i = 0; i < 4; i++) ids.Add(await AppendAsync(one, topic));
        await follower.TakeAsync(ids.Count);

        proxy.TargetPort = _new.Port;
        proxy.CutAll();
        LogPosition? next = null;
        await Until.TrueAsync("the ignorant one has published", async () => (next = await TryAppendAsync(other, topic)) is not null);

        // What was answered with an error may have been stored all the same, so that more than one may follow the break.
        var page = await other.ReadAsync(topic, ids[3], 100, None);
        page.Events.Take(3).Select(e => (e.Predecessor, e.IsBreak)).ShouldBe([(ids[3], false), (ids[4], false), (ids[9], true)]);
        page.Events.Skip(3).ShouldAllBe(e => !e.IsBreak);
        page.Events[^1].Position.ShouldBe(next!.Value);
    }

    [SkippableFact]
    public async Task A_connection_that_comes_back_to_the_same_server_makes_nobody_wait()
    {
        Need();
        await using var proxy = FaultyProxy.Start(_old.Port);
        await using var connection = await RedisConnection.OpenAsync(proxy.Configuration, TimeProvider.System);
        var time = new ManualTime();
        var watch = new RedisServerWatch(connection, time);
        await Until.TrueAsync("it knows its server", () => watch.IsSettled);

        // Told after the watch is, which may have settled again before anybody could look.
        var noticed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.OnLost(() => noticed.TrySetResult());
        proxy.CutAll();
        await noticed.Task.WaitAsync(TimeSpan.FromSeconds(30));

        // The clock moves as far as the next try, and never as far as a wait for others takes.
        await Until.TrueAsync("it is settled", () => TryAgain(time) || watch.IsSettled);
    }

    [SkippableFact]
    public async Task A_server_that_was_restarted_is_another_one_and_makes_who_asks_wait()
    {
        Need();
        await using var connection = await RedisConnection.OpenAsync($"127.0.0.1:{_old.Port},connectTimeout=1000", TimeProvider.System);
        var time = new ManualTime();
        var watch = new RedisServerWatch(connection, time);
        await Until.TrueAsync("it knows its server", () => watch.IsSettled);

        await _old.KillAsync();
        await Until.TrueAsync("the loss is noticed", () => !watch.IsSettled);
        await _old.StartAsync();

        await Until.TrueAsync("it is held up for the others", () => TryAgain(time) || time.HasTimerIn(RedisServerWatch.Hold));
        watch.IsSettled.ShouldBeFalse();
        time.Advance(RedisServerWatch.Hold);
        await Until.TrueAsync("it is settled", () => watch.IsSettled);
    }

    [SkippableFact]
    public async Task A_client_that_takes_anothers_place_may_reach_another_server_and_makes_who_asks_wait()
    {
        Need();
        await using var proxy = FaultyProxy.Start(_old.Port);
        await using var connection = await RedisConnection.OpenAsync(proxy.Configuration, TimeProvider.System);
        var time = new ManualTime();
        var watch = new RedisServerWatch(connection, time);
        await Until.TrueAsync("it knows its server", () => watch.IsSettled);

        proxy.TargetPort = _new.Port;
        await connection.Commands.ReplaceAsync();

        watch.IsSettled.ShouldBeFalse();
        await Until.TrueAsync("it is held up for the others", () => TryAgain(time) || time.HasTimerIn(RedisServerWatch.Hold));
        time.Advance(RedisServerWatch.Hold);
        await Until.TrueAsync("it is settled", () => watch.IsSettled);
    }

    public Task InitializeAsync() => Task.WhenAll(_old.InitializeAsync(), _new.InitializeAsync());

    public async Task DisposeAsync() => await Task.WhenAll(_old.DisposeAsync(), _new.DisposeAsync());

    private static bool TryAgain(ManualTime time)
    {
        if (time.HasTimerIn(RedisServerWatch.RetryInterval)) time.Advance(RedisServerWatch.RetryInterval);
        return false;
    }

    private void Need() =>
        Requirement.Met(_old.IsRunning && _new.IsRunning, "One Redis takes another's place here: install redis-server, and unset NOTIFIER_TEST_REDIS.");

    private async Task CopyAsync(string key)
    {
        using var from = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_old.Port}");
        using var to = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_new.Port}");
        await to.GetDatabase().KeyRestoreAsync(key, (await from.GetDatabase().KeyDumpAsync(key))!);
    }

    private static async Task<LogPosition> AppendAsync(RedisEventLog log, TopicName topic) => (await log.AppendAsync(topic, Drafts.Message("x"), default, None)).Position;

    private static async Task<LogPosition?> TryAppendAsync(RedisEventLog log, TopicName topic)
    {
        try
        {
            return await AppendAsync(log, topic);
        }
        catch (LogUnavailableException)
        {
            return null;
        }
    }
}
