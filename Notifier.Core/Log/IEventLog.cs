using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Log;

/// <summary>
/// The logs of all topics in one store. What it promises: an append that has returned <see cref="AppendOutcome.Stored"/> is as durable as the
/// store is; in a topic positions only grow and each event names the one before it; nothing is read or told before it is durable.
/// Any method throws <see cref="LogUnavailableException"/> where the store cannot be reached.
/// </summary>
public interface IEventLog : IAsyncDisposable
{
    /// <summary>What keeps the logs, for people: <c>memory</c>, <c>journal</c>, <c>redis</c>.</summary>
    string Store { get; }

    /// <summary>True while the store can be reached and what is stored comes back on the path that events take.</summary>
    bool IsReady { get; }

    /// <summary>Stores one event. With a once-key a retry is safe: it stores nothing again and answers as the first did.</summary>
    ValueTask<AppendResult> AppendAsync(TopicName topic, EventDraft draft, AppendTerms terms, CancellationToken cancellationToken);

    /// <summary>
    /// Binds a once-key to its fingerprint before a command appends to topics that only its body names, and says whether it was bound before.
    /// </summary>
    ValueTask<ClaimOutcome> ClaimAsync(OnceKey key, CancellationToken cancellationToken);

    /// <summary>Tells who follows <paramref name="topic"/> now, on any instance; stores nothing. Best effort.</summary>
    ValueTask SignalAsync(TopicName topic, EphemeralEvent ephemeral, CancellationToken cancellationToken);

    /// <summary>The newest position that was ever given out in <paramref name="topic"/>. Reading it opens a log that does not exist.</summary>
    ValueTask<LogPosition> ReadHeadAsync(TopicName topic, CancellationToken cancellationToken);

    /// <summary>Up to <paramref name="maxEvents"/> events after <paramref name="after"/>, oldest first, and the head of the same moment.</summary>
    ValueTask<LogPage> ReadAsync(TopicName topic, LogPosition after, int maxEvents, CancellationToken cancellationToken);

    /// <summary>
    /// The newest <paramref name="maxEvents"/> events before <paramref name="before"/> (null: of all), oldest first, and the head of the same moment.
    /// </summary>
    ValueTask<LogPage> ReadBackAsync(TopicName topic, LogPosition? before, int maxEvents, CancellationToken cancellationToken);

    /// <summary>
    /// Tells <paramref name="follower"/> of every event after the head that it is started with, until the result is disposed.
    /// </summary>
    ValueTask<IAsyncDisposable> FollowAsync(TopicName topic, ILogFollower follower, CancellationToken cancellationToken);
}
