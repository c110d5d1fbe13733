using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Core.Revocation;

/// <summary>Users whose streams are refused for a while, on every instance.</summary>
public interface IRefusals
{
    /// <summary>
    /// Refuses the user's streams from now on for <paramref name="time"/>: those that carry <paramref name="topic"/>, or all where it is null. It takes
    /// the place of what was said of the same user and topic before.
    /// </summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached; it is safe to repeat.</exception>
    ValueTask RefuseAsync(string user, TopicName? topic, TimeSpan time, CancellationToken cancellationToken);

    /// <summary>How long a stream of the user with these topics is refused from now on; null: it is not.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached.</exception>
    ValueTask<TimeSpan?> FindAsync(string user, IEnumerable<TopicName> topics, CancellationToken cancellationToken);
}
