using Notifier.Core.Log;
using Notifier.Core.Log.Redis;
using Notifier.Core.Settings;
using Notifier.Tests.Contract;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log.Redis;

public sealed class RedisClusterEventLogTests(RedisCluster cluster) : EventLogContract, IClassFixture<RedisCluster>, IAsyncLifetime
{
    private RedisConnection? _connection;

    protected override int TrimSlack => 100;

    public async Task InitializeAsync()
    {
        if (cluster.Configuration is not null) _connection = await RedisConnection.OpenAsync(cluster.Configuration, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
    }

    private protected override ValueTask<IEventLog> OpenAsync(LogOptions? options = null)
    {
        cluster.Need();
        return ValueTask.FromResult<IEventLog>(new RedisEventLog(_connection!, new() { KeyPrefix = $"test-{Guid.NewGuid():N}" }, options ?? new(), TimeProvider.System));
    }
}
