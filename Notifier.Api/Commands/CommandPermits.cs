using System.Threading.RateLimiting;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Core.Metrics;
using Notifier.Core.Settings;

namespace Notifier.Api.Commands;

/// <summary>
/// How many commands a caller may give: a token bucket for each, which holds <c>Commands:Burst</c> and fills at the rate of the settings. The last check
/// before the store, so that what is refused for another reason costs nothing, and what is refused here has stored nothing.
/// </summary>
/// <remarks>
/// A bucket that has been full for ten seconds is dropped: what is held is the callers of the last moments, and nothing of those who only
/// were here once.
/// </remarks>
internal sealed class CommandPermits : IDisposable
{
    /// <summary>The framework fills its buckets ten times a second.</summary>
    private const double FillSeconds = 0.1;

    private readonly CommandOptions _options;
    private readonly PartitionedRateLimiter<Bucket> _buckets;

    public CommandPermits(CommandOptions options)
    {
        _options = options;
        Func<Bucket, RateLimiter> fill = NewBucket;
        _buckets = PartitionedRateLimiter.Create<Bucket, Bucket>(bucket => RateLimitPartition.Get(bucket, fill));
    }

    private enum BucketKind
    {
        User,
        Publisher,
        Ephemeral,
    }

    /// <summary>Takes one permit of <paramref name="caller"/>; or says why there is none. What is ephemeral is counted apart.</summary>
    public Problem? Refuse(Caller caller, bool isEphemeral = false)
    {
        var kind = isEphemeral ? BucketKind.Ephemeral : caller.IsPublisher ? BucketKind.Publisher : BucketKind.User;
        using var lease = _buckets.AttemptAcquire(new(caller.User.Id, kind));
        if (lease.IsAcquired) return null;

        var rate = Rate(kind);
        return new(StatusCodes.Status429TooManyRequests, $"You may send {rate} {(isEphemeral ? "ephemeral events" : "commands")} a minute. Nothing of this one was stored; wait, and send it again.")
        {
            Limit = kind switch
            {
                BucketKind.Ephemeral => RefusedLimit.Ephemeral,
                BucketKind.Publisher => RefusedLimit.Publishers,
                _ => RefusedLimit.Commands,
            },
            RetryAfterSeconds = (int)Math.Ceiling((60.0 / rate) + FillSeconds),
        };
    }

    public void Dispose() => _buckets.Dispose();

    private int Rate(BucketKind kind) => kind switch
    {
        BucketKind.Ephemeral => _options.EphemeralPerMinute,
        BucketKind.Publisher => _options.PublisherPermitsPerMinute,
        _ => _options.PermitsPerMinute,
    };

    private TokenBucketRateLimiter NewBucket(Bucket bucket)
    {
        var rate = Rate(bucket.Kind);
        return new(new()
        {
            // Of the higher rates never less than a second's, or a steady sender at that rate would be refused for the unevenness of its clock.
            TokenLimit = bucket.Kind == BucketKind.User ? _options.Burst : Math.Max(_options.Burst, rate / 60),
            TokensPerPeriod = rate,
            ReplenishmentPeriod = TimeSpan.FromMinutes(1),
            QueueLimit = 0,

            // The one timer of all buckets fills them, by what the time since has brought.
            AutoReplenishment = false,
        });
    }

    private readonly record struct Bucket(string User, BucketKind Kind);
}
