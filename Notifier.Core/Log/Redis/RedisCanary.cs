using StackExchange.Redis;

namespace Notifier.Core.Log.Redis;

/// <summary>
/// Proves delivery: sends itself a message through Redis every second, on the path that bells take. A connection for channels that is dead while that of
/// commands still works shows here, and nowhere else.
/// </summary>
internal sealed class RedisCanary : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A canary that was not heard for so long is dead; with the interval, silence is noticed within 5 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3.5);

    private readonly RedisConnection _connection;
    private readonly RedisChannel _channel;
    private readonly TimeProvider _time;
    private readonly Action _revived;
    private readonly ITimer _timer;
    private long _heardAt;
    private bool _isSubscribed;
    private bool _wasReady;
    private int _isSinging;

    public RedisCanary(RedisConnection connection, RedisKeys keys, TimeProvider time, Action revived)
    {
        _connection = connection;
        _time = time;
        _revived = revived;
        _channel = new(keys.Canary(Guid.NewGuid().ToString("N")), RedisChannel.PatternMode.Literal);
        _timer = time.CreateTimer(static canary => _ = ((RedisCanary)canary!).SingAsync(), this, TimeSpan.Zero, Interval);
    }

    public bool IsReady =>
        Volatile.Read(ref _heardAt) is not 0 and var heardAt && _time.GetElapsedTime(heardAt) < Patience && _connection.IsConnected(_channel);

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private async Task SingAsync()
    {
        if (Interlocked.Exchange(ref _isSinging, 1) == 1) return;
        try
        {
            if (!_isSubscribed)
            {
                await _connection.CallAsync(SubscribeAsync, CancellationToken.None);
                _isSubscribed = true;
            }

            var isReady = IsReady;
            if (_wasReady && !isReady) Volatile.Write(ref _heardAt, 0);
            _wasReady = isReady;
            await _connection.CallAsync(database => database.PublishAsync(_channel, "sing"), CancellationToken.None);
        }
        catch (LogUnavailableException)
        {
            // Not heard is how this shows; the next second tries again.
            _wasReady = false;
        }
        finally
        {
            Volatile.Write(ref _isSinging, 0);
        }
    }

    private async Task<bool> SubscribeAsync(IDatabase database)
    {
        await _connection.Subscriber.SubscribeAsync(_channel, (_, _) => Hear());
        return true;
    }

    private void Hear()
    {
        // What rang while this instance was deaf is found by a look at every head.
        if (!IsReady) _revived();
        Volatile.Write(ref _heardAt, _time.GetTimestamp());
    }
}
