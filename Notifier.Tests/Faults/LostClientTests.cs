using System.Globalization;
using System.Net;
using Notifier.Core.Events;
using Notifier.Core.Log.Redis;
using Notifier.Core.Topics;
using Notifier.Tests.Support;
using StackExchange.Redis;

namespace Notifier.Tests.Faults;

/// <summary>A client of Redis that never connects again by itself, and the one that takes its place.</summary>
public sealed class LostClientTests(RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    /// <summary>So much that the network's buffers fill and most of it waits in the client: of fifth of it half the clients lived on.</summary>
    private const int Backlog = 100_000;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly byte[] _message = new byte[1000];
    private readonly TopicName _topic = TopicName.Room(Fresh.Room());
    private FaultyProxy? _proxy;
    private RedisConnection? _connection;

    public async Task InitializeAsync()
    {
        if (!redis.IsRunning) return;
        _proxy = FaultyProxy.Start(redis.Port);
        _connection = await RedisConnection.OpenAsync(Configuration, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
        if (_proxy is not null) await _proxy.DisposeAsync();
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_of_commands_that_was_cut_under_load_comes_back_though_its_client_does_not(bool isCutInHandshake)
    {
        Need();
        await using var log = Open();
        await Until.TrueAsync("it is ready", () => log.IsReady);
        var follower = new RecordingFollower();
        await using var following = await log.FollowAsync(_topic, follower, None);
        var before = await AppendAsync(log);
        var server = Server(_connection!.Commands.Current, _proxy!);

        await CutUnderLoadAsync(_proxy!, flags => server.EchoAsync(_message, flags), isCutInHandshake);
        await Until.TrueAsync("it is ready again", () => log.IsReady);

        var after = await AppendAsync(log);
        (await follower.TakeAsync(2)).Select(logged => logged.Position).ShouldBe([before, after]);
    }

    [SkippableFact]
    public async Task A_connection_of_channels_that_was_cut_under_load_comes_back_though_its_client_does_not()
    {
        Need();
        await using var log = Open();
        await Until.TrueAsync("it is ready", () => log.IsReady);
        var follower = new RecordingFollower();
        await using var following = await log.FollowAsync(_topic, follower, None);
        var before = await AppendAsync(log);
        var subscriber = _connection!.Channels.Current.GetSubscriber();

        await CutUnderLoadAsync(_proxy!, flags => subscriber.PingAsync(flags), isCutInHandshake: true);
        await Until.TrueAsync("it is ready again", () => log.IsReady);

        var after = await AppendAsync(log);
        (await follower.TakeAsync(2)).Select(logged => logged.Position).ShouldBe([before, after]);
    }

    [SkippableFact]
    public async Task A_server_of_several_that_a_client_has_given_up_is_reached_again_though_the_others_answer()
    {
        Need();
        await using var other = FaultyProxy.Start(redis.Port);
        await using var client = await RedisClient.OpenAsync($"{To(_proxy!)},{To(other)}", TimeProvider.System);
        await using var pulse = new RedisPulse(client, TimeProvider.System);
        var lost = client.Current;
        await Server(lost, other).PingAsync();

        await CutUnderLoadAsync(other, flags => Server(lost, other).EchoAsync(_message, flags), isCutInHandshake: true);
        await Until.TrueAsync("both are reached", async () => await IsAnsweredAsync(client, other) && await IsAnsweredAsync(client, _proxy!));
    }

    private string Configuration => To(_proxy!);

    private void Need() => Requirement.Met(redis.IsRunning, "These tests cut connections to a Redis of their own: install redis-server, and unset NOTIFIER_TEST_REDIS.");

    private static string To(FaultyProxy proxy) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{proxy.Port},connectTimeout=1000");

    private static IServer Server(ConnectionMultiplexer client, FaultyProxy proxy) => client.GetServer(new IPEndPoint(IPAddress.Loopback, proxy.Port));

    private static async Task<bool> IsAnsweredAsync(RedisClient client, FaultyProxy proxy)
    {
        try
        {
            await Server(client.Current, proxy).PingAsync().WaitAsync(RedisConnection.CallLimit);
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            return false;
        }
    }

    private RedisEventLog Open() => new(_connection!, new() { KeyPrefix = $"test-{Guid.NewGuid():N}" }, new(), TimeProvider.System);

    /// <summary>
    /// Cuts a connection in whose client much waits to be sent. Who reads it and who writes to it notice that at once: while the one gives up what waits, the other connects anew, and the
    /// first then forgets that connection as if it were the old one. The client of the floor set (1.2.6) is lost for good by this, in twenty of twenty tries; newer ones live.
    /// </summary>
    private static async Task CutUnderLoadAsync(FaultyProxy proxy, Func<CommandFlags, Task> call, bool isCutInHandshake)
    {
        var old = proxy.Links.ToHashSet();
        proxy.Silence((link, _) => isCutInHandshake || old.Contains(link));
        for (var i = 0; i < Backlog; i++) _ = call(CommandFlags.FireAndForget);
        var last = call(CommandFlags.None);
        proxy.CutAll();
        await Should.ThrowAsync<RedisException>(last.WaitAsync(TimeSpan.FromSeconds(20)));
        proxy.Heal();
    }

    private async Task<LogPosition> AppendAsync(RedisEventLog log) => (await log.AppendAsync(_topic, Drafts.Message("x"), default, None)).Position;
}
