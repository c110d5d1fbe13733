using StackExchange.Redis;

namespace Notifier.Core.Log.Redis;

/// <summary>
/// The connection of channels, apart from that of commands, since it has to be replaceable: a client that only listens never learns that the other end
/// has forgotten it, and the one in use does not give up such a connection by itself.
/// </summary>
/// <remarks>One lock guards table and connection; it is held for lines. Replacements come one at a time.</remarks>
internal sealed class RedisChannels : IAsyncDisposable
{
    private readonly string _configuration;
    private readonly Lock _gate = new();
    private readonly Dictionary<Action<RedisChannel, RedisValue>, RedisChannel> _handlers = [];
    private readonly List<Action> _restored = [];
    private ConnectionMultiplexer _multiplexer;

    private RedisChannels(string configuration, ConnectionMultiplexer multiplexer)
    {
        _configuration = configuration;
        _multiplexer = multiplexer;
        Watch(multiplexer);
    }

    public static async Task<RedisChannels> OpenAsync(string configuration) => new(configuration, await ConnectAsync(configuration));

    public bool IsConnected(RedisChannel channel) => Current.GetSubscriber().IsConnected(channel);

    /// <summary>Calls back whenever a connection of channels is there again, the same or another.</summary>
    public void OnRestored(Action restored)
    {
        lock (_gate) _restored.Add(restored);
    }

    /// <summary>Calls <paramref name="handler"/> with what comes on the channel, on whatever connection, until it is unsubscribed.</summary>
    public Task SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> handler)
    {
        ConnectionMultiplexer current;
        lock (_gate)
        {
            _handlers[handler] = channel;
            current = _multiplexer;
        }

        return current.GetSubscriber().SubscribeAsync(channel, handler);
    }

    public Task UnsubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> handler)
    {
        ConnectionMultiplexer current;
        lock (_gate)
        {
            _handlers.Remove(handler);
            current = _multiplexer;
        }

        return current.GetSubscriber().UnsubscribeAsync(channel, handler);
    }

    /// <summary>Takes a new connection in place of the present one, with everything that is subscribed.</summary>
    public async Task ReplaceAsync()
    {
        var unused = await ConnectAsync(_configuration);
        try
        {
            var fresh = unused;
            Watch(fresh);
            var moved = new HashSet<Action<RedisChannel, RedisValue>>();
            while (true)
            {
                KeyValuePair<Action<RedisChannel, RedisValue>, RedisChannel>[] rest;
                lock (_gate)
                {
                    rest = [.. _handlers.Where(entry => !moved.Contains(entry.Key))];
                    if (rest.Length == 0)
                    {
                        (unused, _multiplexer) = (_multiplexer, fresh);
                        break;
                    }
                }

                foreach (var (handler, channel) in rest)
                {
                    await fresh.GetSubscriber().SubscribeAsync(channel, handler);
                    moved.Add(handler);
                }
            }

            Restored();
        }
        finally
        {
            // The one before, or the new one where it could not take over.
            unused.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Current.CloseAsync();
        Current.Dispose();
    }

    private ConnectionMultiplexer Current
    {
        get
        {
            lock (_gate) return _multiplexer;
        }
    }

    private static Task<ConnectionMultiplexer> ConnectAsync(string configuration)
    {
        var options = ConfigurationOptions.Parse(configuration);
        options.AbortOnConnectFail = false;
        return ConnectionMultiplexer.ConnectAsync(options);
    }

    private void Watch(ConnectionMultiplexer multiplexer) => multiplexer.ConnectionRestored += (_, _) => Restored();

    private void Restored()
    {
        Action[] restored;
        lock (_gate) restored = [.. _restored];
        foreach (var action in restored) action();
    }
}
