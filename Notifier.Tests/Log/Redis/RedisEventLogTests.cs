using Notifier.Core.Log;
using Notifier.Core.Log.Redis;
using Notifier.Core.Settings;
using Notifier.Tests.Contract;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log.Redis;

public sealed class RedisEventLogTests(RedisServer redis) : RedisEventLogContract(redis.Configuration, redis.Need), IClassFixture<RedisServer>;

public sealed class RedisClusterEventLogTests(RedisCluster cluster) : RedisEventLogContract(cluster.Configuration, cluster.Need), IClassFixture<RedisCluster>;

/// <summary>The contract of every log, kept by Redis wherever it runs.</summary>
public abstract class RedisEventLogContract(string? configuration, Func<string> need) : EventLogContract, IAsyncLifetime
{
    private RedisConnection? _connection;

    /// <summary>MAXLEN ~ drops whole nodes of a hundred entries.</summary>
    protected override int TrimSlack => 100;

    public async Task InitializeAsync()
    {
        if (configuration is not null) _connection = await RedisConnection.OpenAsync(configuration, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
    }

    private protected override ValueTask<IEventLog> OpenAsync(LogOptions? options = null)
    {
        need();
        return ValueTask.FromResult<IEventLog>(new RedisEventLog(_connection!, new() { KeyPrefix = $"test-{Guid.NewGuid():N}" }, options ?? new(), TimeProvider.System));
    }
}
