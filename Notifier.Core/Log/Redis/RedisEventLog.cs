using System.Collections.Concurrent;
using Notifier.Core.Events;
using Notifier.Core.Settings;
using Notifier.Core.Topics;
using StackExchange.Redis;

namespace Notifier.Core.Log.Redis;

/// <summary>
/// Logs in Redis Streams, shared by all instances. Each append is one script in the topic's slot, which stores the event, names its predecessor, trims,
/// and rings the topic's bell; as durable as the server's <c>appendfsync</c>.
/// </summary>
public sealed class RedisEventLog : IEventLog
{
    /// <summary>A log outlives its youngest event by this much, so that who comes back late is told of a gap by it.</summary>
    private static readonly TimeSpan LifePastMaxAge = TimeSpan.FromDays(30);

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);

    /// <summary>Heads asked for at a time by the periodic check.</summary>
    private const int ChecksAtOnce = 100;

    private readonly RedisConnection _connection;
    private readonly RedisKeys _keys;
    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly SeenHeads _seen = new();
    private readonly ConcurrentDictionary<Doorbell, byte> _bells = new();
    private readonly ConcurrentDictionary<TopicName, int> _followed = new();
    private readonly SemaphoreSlim _pages = new(32);
    private readonly RedisCanary _canary;
    private readonly RedisServerWatch _server;
    private readonly ITimer _check;
    private bool _isCheckAsked;
    private int _isChecking;

    public RedisEventLog(RedisConnection connection, RedisOptions redis, LogOptions options, TimeProvider time)
    {
        _connection = connection;
        _keys = new(redis.KeyPrefix);
        _options = options;
        _time = time;
        _canary = new(connection, _keys, time, () => _ = CheckAsync());
        _server = new(connection, time);
        connection.OnRestored(() => _ = CheckAsync());
        _check = time.CreateTimer(static log => _ = ((RedisEventLog)log!).CheckAsync(), this, CheckInterval, CheckInterval * (0.9 + (0.2 * Random.Shared.NextDouble())));
    }

    public string Store => "redis";

    public bool IsReady => _canary.IsReady && _server.IsSettled;

    internal RedisConnection Connection => _connection;

    internal RedisKeys Keys => _keys;

    private RedisValue LogLifeMs => (long)(_options.MaxAge + LifePastMaxAge).TotalMilliseconds;

    public async ValueTask<AppendResult> AppendAsync(TopicName topic, EventDraft draft, AppendTerms terms, CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await AppendAsync(
            topic,
            RedisScript.Publish,
            [_keys.Log(topic), _keys.Once(topic, terms.Once)],
            [
                draft.Type, draft.Body.ToArray(), draft.CommandId ?? "", Fingerprint(terms.Once), (long)OnceKey.Life.TotalMilliseconds,
                terms.IfHead?.ToString() ?? "-",
            ],
            cancellationToken))!;

        var position = RedisEntry.ParsePosition(answer[1]);
        var commandId = (string?)answer[2];
        var outcome = Enum.Parse<AppendOutcome>((string)answer[0]!);
        if (outcome == AppendOutcome.Stored) _seen.Raise(topic, position);
        return new(outcome, position, string.IsNullOrEmpty(commandId) ? null : commandId);
    }

    public async ValueTask<ClaimOutcome> ClaimAsync(OnceKey key, CancellationToken cancellationToken)
    {
        var answer = await _connection.RunAsync(
            RedisScript.Claim, [_keys.Claim(key)], [key.Fingerprint, (long)OnceKey.Life.TotalMilliseconds], cancellationToken);
        return Enum.Parse<ClaimOutcome>((string)answer!);
    }

    public async ValueTask SignalAsync(TopicName topic, EphemeralEvent ephemeral, CancellationToken cancellationToken) =>
        await _connection.CallAsync(database => database.PublishAsync(Channel(topic), RedisEntry.FormatSignal(ephemeral)), cancellationToken);

    public async ValueTask<LogPosition> ReadHeadAsync(TopicName topic, CancellationToken cancellationToken) =>
        (await ReadAsync(topic, "head", "-", 0, cancellationToken)).Head;

    public async ValueTask<LogPage> ReadAsync(TopicName topic, LogPosition after, int maxEvents, CancellationToken cancellationToken) =>
        after == new LogPosition(ulong.MaxValue, ulong.MaxValue)
            ? new([], await ReadHeadAsync(topic, cancellationToken))
            : await ReadAsync(topic, "after", after.ToString(), maxEvents, cancellationToken);

    public async ValueTask<LogPage> ReadBackAsync(TopicName topic, LogPosition? before, int maxEvents, CancellationToken cancellationToken) =>
        before == LogPosition.Zero
            ? new([], await ReadHeadAsync(topic, cancellationToken))
            : await ReadAsync(topic, "before", before?.ToString() ?? "+", maxEvents, cancellationToken);

    public async ValueTask<IAsyncDisposable> FollowAsync(TopicName topic, ILogFollower follower, CancellationToken cancellationToken)
    {
        var bell = new Doorbell(topic, this, follower, _seen, _time);

        // Subscribed before the head is read, or an event between the two would ring for nobody.
        var channel = Channel(topic);
        Action<RedisChannel, RedisValue> ring = (_, message) => bell.Ring((byte[])message!);
        var following = new Following(this, bell, channel, ring);
        try
        {
            await _connection.CallAsync(() => _connection.Channels.SubscribeAsync(channel, ring), cancellationToken);
            bell.Start(await ReadHeadAsync(topic, cancellationToken));
        }
        catch
        {
            // A subscription that was given up on may come about all the same. Not awaited: the store is away, and the caller has waited for it already.
            _ = following.DisposeAsync().AsTask();
            throw;
        }

        _bells.TryAdd(bell, 0);
        _followed.AddOrUpdate(topic, 1, static (_, count) => count + 1);
        return following;
    }

    public async ValueTask DisposeAsync()
    {
        await _check.DisposeAsync();
        await _canary.DisposeAsync();
        _pages.Dispose();
    }

    /// <summary>Compares the heads of all followed topics with what their followers were told; what a bell did not tell is read.</summary>
    internal async Task CheckAsync()
    {
        // Asked for while one is under way, another follows it: what it looked at before may have moved since.
        Volatile.Write(ref _isCheckAsked, true);
        while (Volatile.Read(ref _isCheckAsked) && Interlocked.Exchange(ref _isChecking, 1) == 0)
        {
            try
            {
                Volatile.Write(ref _isCheckAsked, false);
                foreach (var some in _bells.Keys.Chunk(ChecksAtOnce)) await Task.WhenAll(some.Select(bell => bell.CheckAsync()));
            }
            finally
            {
                Volatile.Write(ref _isChecking, 0);
            }
        }
    }

    /// <summary>A once-key's fingerprint as the scripts take it.</summary>
    internal static RedisValue Fingerprint(OnceKey? once) => once is null ? "-" : "=" + once.Fingerprint;

    /// <summary>Runs a script that appends; its last arguments are what this instance has seen, what is kept, and the bell.</summary>
    internal async Task<RedisResult> AppendAsync(
        TopicName topic, RedisScript script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        var isSure = _followed.ContainsKey(topic);
        if (!isSure) await _server.SettledAsync(cancellationToken);

        RedisValue[] all =
        [
            .. arguments, isSure ? $"{_seen[topic]}" : $"{_seen[topic]}?", _options.MaxEventsPerTopic, (long)_options.MaxAge.TotalMilliseconds, LogLifeMs,
            _keys.Bell(topic),
        ];
        return await _connection.RunAsync(script, keys, all, cancellationToken, _time.GetElapsedTime(start));
    }

    /// <summary>Remembers a position that a script of somebody else's has stored.</summary>
    internal void Saw(TopicName topic, LogPosition position) => _seen.Raise(topic, position);

    /// <summary>
    /// The highest position in a topic as far as an instance can know: one that does not follow it has seen its own events alone, and others may
    /// have seen more.
    /// </summary>
    private LogPosition SeenForSure(TopicName topic) => _followed.ContainsKey(topic) ? _seen[topic] : LogPosition.Zero;

    private RedisChannel Channel(TopicName topic) => new(_keys.Bell(topic), RedisChannel.PatternMode.Literal);

    private async Task<LogPage> ReadAsync(TopicName topic, string direction, string position, int maxEvents, CancellationToken cancellationToken)
    {
        if (!await _pages.WaitAsync(RedisConnection.CallLimit, cancellationToken)) throw new LogUnavailableException("Too many reads of Redis are under way.");
        try
        {
            var answer = (RedisResult[])(await _connection.RunAsync(
                RedisScript.Read, [_keys.Log(topic)], [direction, position, maxEvents, LogLifeMs, SeenForSure(topic).ToString()], cancellationToken))!;
            var events = Array.ConvertAll((RedisResult[])answer[1]!, entry => RedisEntry.ParseEntry(topic, entry));
            if (direction == "before") Array.Reverse(events);
            return new(events, RedisEntry.ParsePosition(answer[0]));
        }
        finally
        {
            _pages.Release();
        }
    }

    private sealed class Following(RedisEventLog log, Doorbell bell, RedisChannel channel, Action<RedisChannel, RedisValue> ring) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (log._bells.TryRemove(bell, out _) && log._followed.AddOrUpdate(bell.Topic, 0, static (_, count) => count - 1) == 0)
            {
                log._followed.TryRemove(KeyValuePair.Create(bell.Topic, 0));
            }

            bell.Dispose();
            try
            {
                await log._connection.CallAsync(() => log._connection.Channels.UnsubscribeAsync(channel, ring), CancellationToken.None);
            }
            catch (LogUnavailableException)
            {
                // The client has dropped the handler, and the server the subscription with its connection.
            }
        }
    }
}
