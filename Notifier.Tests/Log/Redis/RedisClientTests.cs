using System.Reflection;
using Notifier.Core.Log;
using Notifier.Core.Log.Redis;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;
using StackExchange.Redis;

namespace Notifier.Tests.Log.Redis;

/// <summary>How one client takes another one's place, and what is left of the other.</summary>
public sealed class RedisClientTests(RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private FaultyProxy? _proxy;
    private ConnectionMultiplexer? _admin;
    private RedisClient? _client;
    private int _losses;
    private int _restorations;

    public async Task InitializeAsync()
    {
        if (!redis.IsRunning) return;
        _proxy = FaultyProxy.Start(redis.Port);
        _admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration}");
        _client = await RedisClient.OpenAsync(Configuration, TimeProvider.System);
        _client.OnLost(() => Interlocked.Increment(ref _losses));
        _client.OnRestored(() => Interlocked.Increment(ref _restorations));
    }

    public async Task DisposeAsync()
    {
        if (_client is not null) await _client.DisposeAsync();
        if (_proxy is not null) await _proxy.DisposeAsync();
        _admin?.Dispose();
    }

    [SkippableFact]
    public async Task The_pulse_of_a_client_that_was_closed_meanwhile_is_felt_as_silence()
    {
        Need();
        await using var pulse = new RedisPulse(_client!, new ManualTime());
        await _client!.DisposeAsync();

        await Should.NotThrowAsync(pulse.FeelAsync);
    }

    [SkippableFact]
    public async Task A_new_client_takes_over_what_is_subscribed_and_nothing_of_the_old_one_is_left()
    {
        Need();
        var (channel, heard) = (Channel(), new SemaphoreSlim(0));
        await _client!.SubscribeAsync(channel, (_, _) => heard.Release());
        await ConnectedAsync(channel);
        var old = (Client: _client.Current, Links: _proxy!.Links.ToHashSet());

        await _client.ReplaceAsync().WaitAsync(Deadline);

        _client.Current.ShouldNotBe(old.Client);
        (_losses, _restorations).ShouldBe((1, 1));
        await ConnectedAsync(channel);
        await _client.Current.GetDatabase().PublishAsync(channel, "ring");
        (await heard.WaitAsync(Deadline)).ShouldBeTrue();
        await Until.TrueAsync("the old one's connections are closed", () => !_proxy.Links.Any(old.Links.Contains));
        (await SubscribersAsync(channel)).ShouldBe(1);
    }

    [SkippableFact]
    public async Task What_is_unsubscribed_while_a_new_client_moves_in_stays_unsubscribed()
    {
        Need();
        var channels = Enumerable.Range(0, 2000).Select(_ => Channel()).ToArray();
        Action<RedisChannel, RedisValue>[] handlers = [.. channels.Select<RedisChannel, Action<RedisChannel, RedisValue>>(channel => (_, _) => _ = channel)];
        for (var i = 0; i < channels.Length; i++) await _client!.SubscribeAsync(channels[i], handlers[i]);
        await ConnectedAsync(channels[^1]);

        var replacing = _client!.ReplaceAsync();
        await Until.TrueAsync("the new one has begun to subscribe", async () => await SubscribersAsync(channels[0]) == 2);
        for (var i = 0; i < channels.Length; i++) await _client.UnsubscribeAsync(channels[i], handlers[i]);
        await replacing.WaitAsync(Deadline);

        await Until.TrueAsync("nobody is subscribed", async () => await redis.SendAsync("PUBSUB CHANNELS test-*") == "*0");
    }

    [SkippableFact]
    public async Task A_client_that_no_server_answers_takes_nobodys_place()
    {
        Need();
        var (old, links) = (_client!.Current, _proxy!.Links.ToHashSet());
        _proxy.Silence((link, _) => !links.Contains(link));

        await _client.ReplaceAsync().WaitAsync(Deadline);

        _client.Current.ShouldBe(old);
        await old.GetDatabase().PingAsync();

        // The proxy sees the end of a connection once it lets something through.
        _proxy.Heal();
        await Until.TrueAsync("the new one's connections are closed", () => _proxy.Links.All(links.Contains));
        _losses.ShouldBe(0);
    }

    [SkippableFact]
    public async Task A_client_that_is_no_better_takes_nobodys_place()
    {
        Need();
        var (old, links) = (_client!.Current, _proxy!.Links.ToHashSet());

        await _client.ReplaceAsync(_ => Task.FromResult(false)).WaitAsync(Deadline);

        _client.Current.ShouldBe(old);
        await Until.TrueAsync("the new one's connections are closed", () => _proxy.Links.All(links.Contains));
    }

    [SkippableFact]
    public async Task A_client_that_is_tried_while_the_instance_ends_ends_with_it()
    {
        Need();
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<bool>());
        var replacing = _client!.ReplaceAsync(_ =>
        {
            asked.SetResult();
            return answer.Task;
        });
        await asked.Task.WaitAsync(Deadline);

        await _client.DisposeAsync();
        answer.SetResult(true);
        await replacing.WaitAsync(Deadline);

        await Until.TrueAsync("no connection is left", () => _proxy!.Links.Count == 0);
    }

    [SkippableFact]
    public async Task A_client_that_was_given_up_says_nothing_any_more_and_the_one_in_its_place_does()
    {
        Need();
        var links = _proxy!.Links.ToHashSet();
        _proxy.Silence((link, _) => links.Contains(link));
        var old = _client!.Current;
        var unanswered = old.GetDatabase().PingAsync();
        await _client.ReplaceAsync().WaitAsync(Deadline);
        await Should.ThrowAsync<RedisConnectionException>(unanswered.WaitAsync(Deadline));

        // Its events are told by the pool, some time after; when, no test can say, and so it tells them here.
        foreach (var name in new[] { nameof(old.ConnectionFailed), nameof(old.ConnectionRestored) })
        {
            var told = (Delegate)typeof(ConnectionMultiplexer).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(old)!;
            told.DynamicInvoke(old, null);
        }

        (_losses, _restorations).ShouldBe((1, 1));

        _proxy.Heal();
        _proxy.CutAll();

        await Until.TrueAsync("the loss is told, and the return", () => _losses > 1 && _restorations > 1);
    }

    [SkippableFact]
    public async Task A_call_to_a_client_that_is_given_up_fails_as_one_to_a_store_that_is_away()
    {
        Need();
        await using var connection = await RedisConnection.OpenAsync(Configuration, TimeProvider.System);
        var links = _proxy!.Links.ToHashSet();
        _proxy.Silence((link, _) => links.Contains(link));
        var unanswered = connection.CallAsync(database => database.PingAsync(), CancellationToken.None);
        var given = connection.Commands.Current;

        await connection.Commands.ReplaceAsync().WaitAsync(Deadline);

        await Should.ThrowAsync<LogUnavailableException>(unanswered);
        await Should.ThrowAsync<LogUnavailableException>(connection.CallAsync(_ => given.GetDatabase().PingAsync(), CancellationToken.None));
        await connection.CallAsync(database => database.PingAsync(), CancellationToken.None);
    }

    private string Configuration => _proxy!.Configuration;

    private static RedisChannel Channel() => new($"test-{Guid.NewGuid():N}", RedisChannel.PatternMode.Literal);

    private void Need() => Requirement.Met(redis.IsRunning, "These tests cut connections to a Redis of their own: install redis-server, and unset NOTIFIER_TEST_REDIS.");

    /// <summary>Waits until the channel is heard: a client subscribes when its second connection is there.</summary>
    private Task<TimeSpan> ConnectedAsync(RedisChannel channel) => Until.TrueAsync("it is subscribed", () => _client!.IsConnected(channel));

    private Task<long> SubscribersAsync(RedisChannel channel) => _admin!.GetServer(_admin.GetEndPoints()[0]).SubscriptionSubscriberCountAsync(channel);
}
