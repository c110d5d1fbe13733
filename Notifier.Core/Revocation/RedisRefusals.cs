using System.Globalization;
using Notifier.Core.Log.Redis;
using Notifier.Core.Topics;

namespace Notifier.Core.Revocation;

/// <summary>Refusals in Redis, shared by all instances: a key each that ends by itself, all of a user in one slot.</summary>
public sealed class RedisRefusals(RedisEventLog log, TimeProvider clock) : IRefusals
{
    public async ValueTask RefuseAsync(string user, TopicName? topic, TimeSpan time, CancellationToken cancellationToken)
    {
        var until = (clock.GetUtcNow() + time).ToUnixTimeMilliseconds();
        await log.Connection.CallAsync(database => database.StringSetAsync(log.Keys.Refusal(user, topic), until, time), cancellationToken);
    }

    public async ValueTask<TimeSpan?> FindAsync(string user, IEnumerable<TopicName> topics, CancellationToken cancellationToken)
    {
        var found = await log.Connection.CallAsync(
            database => database.StringGetAsync([.. topics.Append(null).Select(topic => log.Keys.Refusal(user, topic))]), cancellationToken);
        if (Array.TrueForAll(found, value => value.IsNull)) return null;

        // The key's own life decides; what is left of it is for people, and instances' clocks may differ a little.
        var until = found.Max(value => value.IsNull ? 0 : long.Parse(value.ToString(), CultureInfo.InvariantCulture));
        var left = DateTimeOffset.FromUnixTimeMilliseconds(until) - clock.GetUtcNow();
        return left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
    }
}
