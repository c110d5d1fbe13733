using System.Globalization;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Redis;
using Notifier.Core.Topics;
using Notifier.Tests.Support;
using StackExchange.Redis;

namespace Notifier.Tests.Log.Redis;

public sealed class RedisCostTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private const int Events = 200;
    private const int Followers = 10_000;

    [SkippableFact]
    public async Task Ten_thousand_followers_of_a_topic_cost_redis_no_more_commands_than_one()
    {
        var configuration = redis.Need();
        await using var connection = await RedisConnection.OpenAsync(configuration, TimeProvider.System);
        await using var log = new RedisEventLog(connection, new() { KeyPrefix = $"test-{Guid.NewGuid():N}" }, new(), TimeProvider.System);
        await using var subscriptions = new Subscriptions(log, new(), TimeProvider.System);
        using var admin = await ConnectionMultiplexer.ConnectAsync(configuration);

        var one = await MeasureAsync(1);
        var many = await MeasureAsync(Followers);

        // The canary and the server's own statistics run beside, a handful of commands a second.
        many.ShouldBeLessThan(one + 100);

        async Task<long> MeasureAsync(int followers)
        {
            var topic = TopicName.Room(Fresh.Room());
            var last = LogPosition.Zero;
            var open = new List<Subscription>();
            for (var i = 0; i < followers; i++) open.Add(await subscriptions.OpenAsync([(topic, StartPoint.Now)], default));

            var before = await CommandsAsync(admin);
            for (var i = 0; i < Events; i++) last = (await log.AppendAsync(topic, Drafts.Message("x"), default, default)).Position;
            foreach (var subscription in open)
            {
                using (subscription)
                {
                    for (var read = 0; read < Events;)
                    {
                        if (subscription.TryRead(out _)) read++;
                        else await subscription.WaitAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
                    }

                    subscription[0].Position.ShouldBe(last);
                }
            }

            return await CommandsAsync(admin) - before;
        }
    }

    private static async Task<long> CommandsAsync(ConnectionMultiplexer admin)
    {
        var info = (string)(await admin.GetDatabase().ExecuteAsync("INFO", "stats"))!;
        return long.Parse(info.Split('\n').Single(line => line.StartsWith("total_commands_processed:", StringComparison.Ordinal)).Split(':')[1], CultureInfo.InvariantCulture);
    }
}
