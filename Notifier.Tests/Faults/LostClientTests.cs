using System.Collections.Concurrent;
using System.Net;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Redis;
using Notifier.Core.Topics;
using Notifier.Tests.Support;
using StackExchange.Redis;

namespace Notifier.Tests.Faults;

/// <summary>A client of Redis that never connects again by itself, and the one that takes its place.</summary>
public sealed class LostClientTests(RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    /// <summary>So much that the network's buffers fill and most of it waits in the client: of a fifth of it half the clients lived on.</summary>
    private const int Backlog = 100_000;

    /// <summary>More replies than a handshake has.</summary>
    private const int Stages = 6;

    private const int CutsPerStage = 6;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly byte[] _message = new byte[1000];
    private readonly TopicName _topic = TopicName.Room(Fresh.Room());
    private FaultyProxy? _proxy;
    private RedisConnection? _connection;

    public async Task InitializeAsync()
    {
        if (!redis.IsRunning) return;
        _proxy = FaultyProxy.Start(redis.Port);
        _connection = await RedisConnection.OpenAsync(_proxy.Configuration, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
        if (_proxy is not null) await _proxy.DisposeAsync();
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_connection_of_commands_that_was_cut_under_load_comes_back_though_its_client_does_not(bool isCutInHandshake) => ComesBackAsync(connection =>
    {
        var server = Server(connection.Commands.Current, _proxy!);
        return CutUnderLoadAsync(_proxy!, flags => server.EchoAsync(_message, flags), isCutInHandshake);
    });

    [SkippableFact]
    public Task A_connection_of_channels_that_was_cut_under_load_comes_back_though_its_client_does_not() => ComesBackAsync(connection =>
    {
        // The client's ping there is 45 bytes, and so it takes more of them.
        var subscriber = connection.Channels.Current.GetSubscriber();
        return CutUnderLoadAsync(_proxy!, flags => subscriber.PingAsync(flags), isCutInHandshake: true, calls: 4 * Backlog);
    });

    [SkippableFact]
    public async Task A_server_of_several_that_a_client_has_given_up_is_reached_again_though_the_others_answer()
    {
        Need();
        await using var other = FaultyProxy.Start(redis.Port);
        await using var client = await RedisClient.OpenAsync($"{_proxy!.Configuration},{other.Configuration}", TimeProvider.System);
        await using var pulse = new RedisPulse(client, TimeProvider.System);
        var lost = client.Current;
        await Server(lost, other).PingAsync();

        await CutUnderLoadAsync(other, flags => Server(lost, other).EchoAsync(_message, flags), isCutInHandshake: true);
        await Until.TrueAsync("both are reached", async () => await IsAnsweredAsync(client, other) && await IsAnsweredAsync(client, _proxy!));
    }

    [SkippableFact]
    public async Task An_instance_comes_back_from_cuts_at_every_stage_of_a_handshake_with_every_event_that_it_acknowledged()
    {
        Need();
        await using var log = Open();
        await Until.TrueAsync("it is ready", () => log.IsReady);
        var follower = new RecordingFollower();
        await using var following = await log.FollowAsync(_topic, follower, None);
        using var stop = new CancellationTokenSource();
        var publishing = Enumerable.Range(0, 4).Select(_ => Task.Run(() => AppendUntilAsync(log, stop.Token))).ToArray();

        for (var stage = 0; stage < Stages; stage++)
        {
            // Every connection that is made now ends with so many replies, the first ones that were there with their next.
            var replies = new ConcurrentDictionary<FaultyProxy.Link, int>();
            var old = _proxy!.Links.ToHashSet();
            var cuts = 0;
            _proxy.Silence((link, isReply) =>
            {
                if (!isReply || replies.AddOrUpdate(link, 1, (_, count) => count + 1) <= (old.Contains(link) ? 0 : stage)) return false;
                if (Interlocked.Increment(ref cuts) <= old.Count + CutsPerStage) link.Cut();
                return false;
            });
            await Until.TrueAsync($"connections are cut in stage {stage}", () => Volatile.Read(ref cuts) >= old.Count + CutsPerStage);
            _proxy.Heal();
            await Until.TrueAsync($"it is ready again after stage {stage}", () => log.IsReady);
        }

        await stop.CancelAsync();
        var acknowledged = (await Task.WhenAll(publishing)).SelectMany(positions => positions).ToHashSet();
        var last = await AppendAsync(log);
        var told = new List<LogPosition>();
        do told.AddRange((await follower.TakeAsync(1)).Select(logged => logged.Position));
        while (told[^1] < last);
        told.ShouldBe(told.Distinct().Order());
        acknowledged.Except(told).ShouldBeEmpty();
    }

    private async Task ComesBackAsync(Func<RedisConnection, Task> cut)
    {
        Need();
        await using var log = Open();
        await Until.TrueAsync("it is ready", () => log.IsReady);
        var follower = new RecordingFollower();
        await using var following = await log.FollowAsync(_topic, follower, None);
        var before = await AppendAsync(log);

        await cut(_connection!);
        await Until.TrueAsync("it is ready again", () => log.IsReady);

        var after = await AppendAsync(log);
        (await follower.TakeAsync(2)).Select(logged => logged.Position).ShouldBe([before, after]);
    }

    private void Need() => Requirement.Met(redis.IsRunning, "These tests cut connections to a Redis of their own: install redis-server, and unset NOTIFIER_TEST_REDIS.");

    private static IServer Server(ConnectionMultiplexer client, FaultyProxy proxy) => client.GetServer(new IPEndPoint(IPAddress.Loopback, proxy.Port));

    private static async Task<bool> IsAnsweredAsync(RedisClient client, FaultyProxy proxy)
    {
        try
        {
            await Server(client.Current, proxy).PingAsync().WaitAsync(RedisConnection.CallLimit);
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException or ArgumentException)
        {
            // The last two are of a client whose place another one takes just now.
            return false;
        }
    }

    /// <summary>A log that keeps all that is published while a reader is away, however fast that goes.</summary>
    private RedisEventLog Open() => new(_connection!, new() { KeyPrefix = $"test-{Guid.NewGuid():N}" }, new() { MaxEventsPerTopic = 1_000_000 }, TimeProvider.System);

    /// <summary>
    /// Cuts a connection in whose client much waits to be sent. Who reads it and who writes to it notice that at once: while the one gives up what waits, the other connects anew, and the
    /// first then forgets that connection as if it were the old one. The client of the floor set (1.2.6) is lost for good by this, in twenty of twenty tries; newer ones live.
    /// </summary>
    private static async Task CutUnderLoadAsync(FaultyProxy proxy, Func<CommandFlags, Task> call, bool isCutInHandshake, int calls = Backlog)
    {
        var old = proxy.Links.ToHashSet();
        proxy.Silence((link, _) => isCutInHandshake || old.Contains(link));
        for (var i = 0; i < calls; i++) _ = call(CommandFlags.FireAndForget);
        var last = call(CommandFlags.None);
        proxy.CutAll();
        await Should.ThrowAsync<RedisException>(last.WaitAsync(TimeSpan.FromSeconds(20)));
        proxy.Heal();
    }

    private async Task<List<LogPosition>> AppendUntilAsync(RedisEventLog log, CancellationToken stop)
    {
        var acknowledged = new List<LogPosition>();
        while (!stop.IsCancellationRequested)
        {
            LogPosition? position = null;
            await Until.TrueAsync("an append is taken", async () => (position = await TryAppendAsync(log)) is not null);
            acknowledged.Add(position!.Value);
        }

        return acknowledged;
    }

    private async Task<LogPosition?> TryAppendAsync(RedisEventLog log)
    {
        try
        {
            return await AppendAsync(log);
        }
        catch (LogUnavailableException)
        {
            return null;
        }
    }

    private async Task<LogPosition> AppendAsync(RedisEventLog log) => (await log.AppendAsync(_topic, Drafts.Message("x"), default, None)).Position;
}
