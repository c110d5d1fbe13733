using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Tests.Support;

/// <summary>A log that counts what is asked of it, and lets a test stand between it and who follows.</summary>
internal sealed class CountingLog(IEventLog log) : IEventLog
{
    private int _reads;
    private int _follows;

    public int Reads => _reads;

    /// <summary>Awaited before each read back.</summary>
    public Func<Task>? BeforeReadBack { get; set; }

    /// <summary>Runs on the reader's thread before each read on.</summary>
    public Action<TopicName>? BeforeRead { get; set; }

    /// <summary>Who is told of a topic in place of its follower; null: the follower.</summary>
    public Func<TopicName, ILogFollower, ILogFollower>? Between { get; init; }

    public string Store => log.Store;

    public bool IsReady => log.IsReady;

    public int Follows => _follows;

    public ValueTask<AppendResult> AppendAsync(TopicName topic, EventDraft draft, AppendTerms terms, CancellationToken cancellationToken) =>
        log.AppendAsync(topic, draft, terms, cancellationToken);

    public ValueTask<ClaimOutcome> ClaimAsync(OnceKey key, CancellationToken cancellationToken) => log.ClaimAsync(key, cancellationToken);

    public ValueTask SignalAsync(TopicName topic, EphemeralEvent ephemeral, CancellationToken cancellationToken) => log.SignalAsync(topic, ephemeral, cancellationToken);

    public ValueTask<LogPosition> ReadHeadAsync(TopicName topic, CancellationToken cancellationToken) => log.ReadHeadAsync(topic, cancellationToken);

    public ValueTask<LogPage> ReadAsync(TopicName topic, LogPosition after, int maxEvents, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        BeforeRead?.Invoke(topic);
        return log.ReadAsync(topic, after, maxEvents, cancellationToken);
    }

    public async ValueTask<LogPage> ReadBackAsync(TopicName topic, LogPosition? before, int maxEvents, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        if (BeforeReadBack is { } wait) await wait();
        return await log.ReadBackAsync(topic, before, maxEvents, cancellationToken);
    }

    public ValueTask<IAsyncDisposable> FollowAsync(TopicName topic, ILogFollower follower, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _follows);
        return log.FollowAsync(topic, Between?.Invoke(topic, follower) ?? follower, cancellationToken);
    }

    public ValueTask DisposeAsync() => log.DisposeAsync();
}
