using StackExchange.Redis;

namespace Notifier.Core.Log.Redis;

/// <summary>
/// Proves delivery: sends itself a message through Redis every second, on the path that bells take. A connection of channels that is dead while that of
/// commands still works shows here, and nowhere else; it is replaced.
/// </summary>
internal sealed class RedisCanary : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A canary that was not heard for so long is dead; with the interval, silence is noticed within 5 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3.5);

    private readonly RedisConnection _connection;
    private readonly RedisChannel _channel;
    private readonly Action<RedisChannel, RedisValue> _hear;
    private readonly TimeProvider _time;
    private readonly Action _revived;
    private readonly ITimer _timer;
    private long _heardAt;
    private long _listensSince;
    private bool _isSubscribed;
    private bool _wasCut;
    private int _isSinging;

    /// <param name="connection">The connection that is watched.</param>
    /// <param name="keys">Names of channels.</param>
    /// <param name="time">The clock.</param>
    /// <param name="revived">Called when the canary is heard after the connection was cut or silent: what rang meanwhile has to be looked up.</param>
    public RedisCanary(RedisConnection connection, RedisKeys keys, TimeProvider time, Action revived)
    {
        _connection = connection;
        _time = time;
        _revived = revived;
        _hear = (_, _) => Hear();
        _channel = new(keys.Canary(Guid.NewGuid().ToString("N")), RedisChannel.PatternMode.Literal);
        connection.OnRestored(() => Volatile.Write(ref _wasCut, true));
        _timer = time.CreateTimer(static canary => _ = ((RedisCanary)canary!).SingAsync(), this, TimeSpan.Zero, Interval);
    }

    public bool IsReady => Volatile.Read(ref _heardAt) is not 0 and var heardAt && _time.GetElapsedTime(heardAt) < Patience && _connection.IsConnected(_channel);

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private async Task SingAsync()
    {
        if (Interlocked.Exchange(ref _isSinging, 1) == 1) return;
        try
        {
            if (!_isSubscribed)
            {
                await _connection.CallAsync(() => _connection.Channels.SubscribeAsync(_channel, _hear), CancellationToken.None);
                _isSubscribed = true;
                Volatile.Write(ref _listensSince, _time.GetTimestamp());
            }

            if (!IsReady) Volatile.Write(ref _wasCut, true);
            await _connection.CallAsync(database => database.PublishAsync(_channel, "sing"), CancellationToken.None);

            // Redis takes what is sent and nothing comes back: the one end that listens is dead, and does not know it.
            if (_time.GetElapsedTime(Volatile.Read(ref _listensSince)) < Patience) return;
            await _connection.Channels.ReplaceAsync();
            Volatile.Write(ref _listensSince, _time.GetTimestamp());
        }
        catch (LogUnavailableException)
        {
            // Not heard is how this shows; the next second tries again, and a connection is replaced only while Redis answers.
            Volatile.Write(ref _wasCut, true);
            Volatile.Write(ref _listensSince, _time.GetTimestamp());
        }
        finally
        {
            Volatile.Write(ref _isSinging, 0);
        }
    }

    private void Hear()
    {
        var now = _time.GetTimestamp();
        Volatile.Write(ref _heardAt, now);
        Volatile.Write(ref _listensSince, now);
        if (!Volatile.Read(ref _wasCut)) return;
        Volatile.Write(ref _wasCut, false);
        _revived();
    }
}
