using StackExchange.Redis;

namespace Notifier.Core.Log.Redis;

/// <summary>
/// A client of the servers whose place another one can take. It has to be replaceable: the one in use gives itself up for good where it is cut in the wrong moment of a
/// reconnect, and where it only listens it never learns that the other end has forgotten it.
/// </summary>
/// <remarks>One lock guards the tables and who is current; it is held for lines. Replacements come one at a time.</remarks>
internal sealed class RedisClient : IAsyncDisposable
{
    private readonly string _configuration;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<Action<RedisChannel, RedisValue>, RedisChannel> _handlers = [];
    private readonly List<Action> _lost = [];
    private readonly List<Action> _restored = [];
    private ConnectionMultiplexer _current;
    private bool _isDisposed;

    private RedisClient(string configuration, ConnectionMultiplexer first, TimeProvider time)
    {
        _configuration = configuration;
        _current = first;
        _time = time;
        Watch(first);
    }

    /// <summary>The one in use; who holds it while another takes its place is told that it is disposed.</summary>
    public ConnectionMultiplexer Current
    {
        get
        {
            lock (_gate) return _current;
        }
    }

    public static async Task<RedisClient> OpenAsync(string configuration, TimeProvider time) => new(configuration, await ConnectAsync(configuration), time);

    /// <summary>Calls back whenever the current connection is lost, and where another takes its place.</summary>
    public void OnLost(Action lost)
    {
        lock (_gate) _lost.Add(lost);
    }

    /// <summary>Calls back whenever a connection is there again, the same or another.</summary>
    public void OnRestored(Action restored)
    {
        lock (_gate) _restored.Add(restored);
    }

    public bool IsConnected(RedisChannel channel) => Current.GetSubscriber().IsConnected(channel);

    /// <summary>Calls <paramref name="handler"/> with what comes on the channel, on whatever connection, until it is unsubscribed.</summary>
    public Task SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> handler)
    {
        ConnectionMultiplexer current;
        lock (_gate)
        {
            _handlers[handler] = channel;
            current = _current;
        }

        return current.GetSubscriber().SubscribeAsync(channel, handler);
    }

    public Task UnsubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> handler)
    {
        ConnectionMultiplexer current;
        lock (_gate)
        {
            _handlers.Remove(handler);
            current = _current;
        }

        return current.GetSubscriber().UnsubscribeAsync(channel, handler);
    }

    /// <summary>
    /// Tries a new client beside the present one. Where a server answers it, and <paramref name="isBetter"/> says so, it takes the present one's place with everything
    /// that is subscribed; else it is given up, and all is as before.
    /// </summary>
    /// <returns>After at most what a connect takes, which is <c>connectTimeout</c> once, and a call for each subscription.</returns>
    public async Task ReplaceAsync(Func<ConnectionMultiplexer, Task<bool>>? isBetter = null)
    {
        ConnectionMultiplexer? unused = null;
        try
        {
            // Tried once: whoever asks for it tries again, and must not wait while the server is back.
            var fresh = unused = await ConnectAsync(_configuration, options => options.ConnectRetry = 1);

            // Connected is who was answered: the client counts no other as such.
            if (!fresh.IsConnected || (isBetter is not null && !await isBetter(fresh))) return;
            Watch(fresh);
            var moved = new Dictionary<Action<RedisChannel, RedisValue>, RedisChannel>();
            while (true)
            {
                KeyValuePair<Action<RedisChannel, RedisValue>, RedisChannel>[] missing, gone;
                lock (_gate)
                {
                    if (_isDisposed) return;
                    missing = [.. _handlers.Where(entry => !moved.ContainsKey(entry.Key))];
                    gone = [.. moved.Where(entry => !_handlers.ContainsKey(entry.Key))];
                    if (missing.Length + gone.Length == 0)
                    {
                        (unused, _current) = (_current, fresh);
                        break;
                    }
                }

                foreach (var (handler, channel) in missing)
                {
                    await fresh.GetSubscriber().SubscribeAsync(channel, handler).WaitAsync(RedisConnection.CallLimit, _time);
                    moved.Add(handler, channel);
                }

                foreach (var (handler, channel) in gone)
                {
                    await fresh.GetSubscriber().UnsubscribeAsync(channel, handler).WaitAsync(RedisConnection.CallLimit, _time);
                    moved.Remove(handler);
                }
            }

            Call(_lost);
            Call(_restored);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // Lost again while it moved in.
        }
        finally
        {
            // The one before, or the new one where it could not take over. Nobody waits for what it has not answered by now.
            if (unused is not null)
            {
                await unused.CloseAsync(allowCommandsToComplete: false);
                unused.Dispose();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        ConnectionMultiplexer last;
        lock (_gate)
        {
            // One that is being tried gives itself up from here on.
            _isDisposed = true;
            last = _current;
        }

        await last.CloseAsync();
        last.Dispose();
    }

    private static Task<ConnectionMultiplexer> ConnectAsync(string configuration, Action<ConfigurationOptions>? change = null)
    {
        var options = ConfigurationOptions.Parse(configuration);
        options.AbortOnConnectFail = false;
        change?.Invoke(options);
        return ConnectionMultiplexer.ConnectAsync(options);
    }

    private void Watch(ConnectionMultiplexer multiplexer)
    {
        // One that was given up has no say any more, and one that is tried none yet.
        multiplexer.ConnectionFailed += (_, _) => CallFor(multiplexer, _lost);
        multiplexer.ConnectionRestored += (_, _) => CallFor(multiplexer, _restored);
    }

    private void CallFor(ConnectionMultiplexer multiplexer, List<Action> actions)
    {
        if (multiplexer == Current) Call(actions);
    }

    private void Call(List<Action> actions)
    {
        Action[] all;
        lock (_gate) all = [.. actions];
        foreach (var action in all) action();
    }
}
