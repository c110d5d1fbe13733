using System.Net;
using StackExchange.Redis;

namespace Notifier.Core.Log.Redis;

/// <summary>
/// Asks every server of a client for an answer each second. Where one has been silent for a while another client is tried beside, and takes over if it is
/// answered by more of them: the client in use can give a server up for good, and then no wait brings it back.
/// </summary>
internal sealed class RedisPulse : IAsyncDisposable
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Silence after which another client is tried, and again after each try. The client itself tries once a second, so that it has had its chance; and what is ready within 5 s of
    /// healing has the rest of them to connect. A try while the server is away costs a connect that fails.
    /// </summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly RedisClient _client;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _answeredAt;
    private int _isFeeling;

    public RedisPulse(RedisClient client, TimeProvider time)
    {
        _client = client;
        _time = time;
        _answeredAt = time.GetTimestamp();
        _timer = time.CreateTimer(static pulse => _ = ((RedisPulse)pulse!).FeelAsync(), this, Interval, Interval);
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    internal async Task FeelAsync()
    {
        if (Interlocked.Exchange(ref _isFeeling, 1) == 1) return;
        try
        {
            if (await CountSilentAsync(_client.Current) > 0)
            {
                if (_time.GetElapsedTime(_answeredAt) < Patience) return;
                await _client.ReplaceAsync(async fresh => await CountSilentAsync(fresh) < await CountSilentAsync(_client.Current));
            }

            _answeredAt = _time.GetTimestamp();
        }
        finally
        {
            Volatile.Write(ref _isFeeling, 0);
        }
    }

    private async Task<int> CountSilentAsync(ConnectionMultiplexer client)
    {
        var answers = await Task.WhenAll(client.GetEndPoints().Select(server => IsAnsweredAsync(client, server)));
        return answers.Count(isAnswered => !isAnswered);
    }

    private async Task<bool> IsAnsweredAsync(ConnectionMultiplexer client, EndPoint server)
    {
        try
        {
            await client.GetServer(server).PingAsync().WaitAsync(RedisConnection.CallLimit, _time);
            return true;
        }
        catch (RedisServerException)
        {
            // No is an answer.
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException or ArgumentException)
        {
            // The last two are of a client that was closed meanwhile, and knows its servers no more.
            return false;
        }
    }
}
