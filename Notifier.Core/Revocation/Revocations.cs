using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Core.Revocation;

/// <summary>
/// Ends users' streams on every instance. A revocation is an event in a topic that all instances follow, so that one that was cut off from
/// the store reads it after; for how long new streams are refused is state, which is read when one opens.
/// </summary>
public sealed class Revocations(IEventLog log, IRefusals refusals, Subscriptions subscriptions, TimeProvider time)
{
    private static readonly TopicName Topic = TopicName.Service("revocations");

    /// <summary>How far an instance that starts looks back: as clocks may differ, and as the store may come back to others first.</summary>
    private static readonly TimeSpan LookBack = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan StoreRetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Ends the streams, and refuses new ones for as long as <paramref name="revocation"/> says.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached; it is safe to repeat.</exception>
    public async ValueTask RevokeAsync(StreamRevocation revocation, UserRef by, CancellationToken cancellationToken)
    {
        // Refused first: a client that comes back at once must find the door closed.
        if (revocation.RefusedFor is { } refusal) await refusals.RefuseAsync(revocation.User, revocation.Topic, refusal, cancellationToken);
        await log.AppendAsync(Topic, revocation.ToDraft(by), default, cancellationToken);
    }

    /// <summary>Hands every revocation on, from anywhere, until cancelled; null stands for such as may have been lost with the store.</summary>
    public async Task FollowAsync(Action<StreamRevocation?> apply, CancellationToken cancellationToken)
    {
        using var subscription = await OpenAsync(time.GetUtcNow() - LookBack, cancellationToken);
        await using var wake = cancellationToken.UnsafeRegister(static s => ((Subscription)s!).Wake(), subscription);
        while (!cancellationToken.IsCancellationRequested)
        {
            while (subscription.TryRead(out var delivery))
            {
                if (delivery.Kind == DeliveryKind.Event) apply(StreamRevocation.Parse(delivery.Event));
                if (delivery.Kind == DeliveryKind.Gap) apply(null);
            }

            await subscription.WaitAsync();
        }
    }

    private async Task<Subscription> OpenAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await subscriptions.OpenAsync([(Topic, new StartPoint { Since = since })], cancellationToken);
            }
            catch (LogUnavailableException)
            {
                // No stream opens without the store either; what is revoked meanwhile is read once it is there.
                await Task.Delay(StoreRetryDelay, time, cancellationToken);
            }
        }
    }
}
