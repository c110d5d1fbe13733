using Notifier.Core.Events;
using Notifier.Core.Settings;
using Notifier.Core.Topics;

namespace Notifier.Core.Log;

/// <summary>
/// Opens subscriptions, and keeps one tail for each topic that somebody follows. A tail outlives its last subscription by a while, so that a
/// storm of reconnects follows each topic once.
/// </summary>
public sealed class Subscriptions : IAsyncDisposable
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);

    /// <summary>Tails kept without a subscription; past it the next one is dropped at once.</summary>
    private const int MaxLingering = 10_000;

    private readonly IEventLog _log;
    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly TailBudget _budget;
    private readonly ITimer _sweep;
    private readonly Lock _gate = new();
    private readonly Dictionary<TopicName, TopicTail> _tails = [];
    private int _lingering;

    public Subscriptions(IEventLog log, LogOptions options, TimeProvider time)
    {
        _log = log;
        _options = options;
        _time = time;
        _budget = new(options.TailBytes);
        _sweep = time.CreateTimer(static s => ((Subscriptions)s!).Sweep(), this, SweepInterval, SweepInterval);
    }

    /// <summary>
    /// Sees each signal of a followed topic before its subscribers do; true: it has taken the signal, and tells them itself what follows from it.
    /// Set before the first subscription opens; called under the log's locks, so it must not block.
    /// </summary>
    public Func<TopicName, EphemeralEvent, bool>? TakesSignal { get; set; }

    /// <summary>Topics that have a tail here.</summary>
    public int FollowedTopics
    {
        get
        {
            lock (_gate) return _tails.Count;
        }
    }

    /// <summary>Bytes that all tails hold.</summary>
    public long TailBytes => _budget.Used;

    /// <summary>How many subscriptions each room has that has one.</summary>
    public IReadOnlyList<int> RoomSizes()
    {
        lock (_gate) return [.. _tails.Values.Where(tail => tail.Topic.Kind == TopicKind.Room && tail.Readers > 0).Select(tail => tail.Readers)];
    }

    /// <summary>Starts a cursor on each topic. The topics are distinct.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached; nothing is held, and it may be tried again.</exception>
    public async Task<Subscription> OpenAsync(IReadOnlyList<(TopicName Topic, StartPoint Start)> topics, CancellationToken cancellationToken)
    {
        var tails = new List<TopicTail>(topics.Count);
        try
        {
            foreach (var (topic, _) in topics) tails.Add(await FollowAsync(topic, cancellationToken));
        }
        catch
        {
            tails.ForEach(Unfollow);
            throw;
        }

        var subscription = new Subscription(this, _log, _time, tails);
        try
        {
            await subscription.OpenAsync([.. topics.Select(t => t.Start)], cancellationToken);
            return subscription;
        }
        catch
        {
            subscription.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        TopicTail[] rest;
        lock (_gate)
        {
            rest = [.. _tails.Values];
            _tails.Clear();
        }

        foreach (var tail in rest) await EndAsync(tail);
    }

    /// <summary>Tells this instance's subscribers of a topic, and nobody else.</summary>
    internal void Tell(TopicName topic, EphemeralEvent ephemeral) => TailOf(topic)?.Tell(ephemeral);

    /// <summary>As <see cref="Tell"/>, in place of what was told before: a subscriber that is behind gets the newest alone.</summary>
    internal void TellNewest(TopicName topic, EphemeralEvent ephemeral) => TailOf(topic)?.TellNewest(ephemeral);

    internal void Close(Subscription subscription)
    {
        foreach (var cursor in subscription.Cursors)
        {
            cursor.Tail.Remove(cursor);
            Unfollow(cursor.Tail);
        }
    }

    private TopicTail? TailOf(TopicName topic)
    {
        lock (_gate) return _tails.GetValueOrDefault(topic);
    }

    private static async Task EndAsync(TopicTail tail)
    {
        // First the following, then the bytes: what came between the two would be held for ever.
        var following = await tail.Following!;
        await following.DisposeAsync();
        tail.Release();
    }

    private async Task BeginAsync(TopicTail tail, TaskCompletionSource<IAsyncDisposable> following)
    {
        try
        {
            following.SetResult(await _log.FollowAsync(tail.Topic, tail, CancellationToken.None));
        }
        catch (LogUnavailableException e)
        {
            following.SetException(e);
        }
    }

    private async Task<TopicTail> FollowAsync(TopicName topic, CancellationToken cancellationToken)
    {
        TopicTail? tail;
        TaskCompletionSource<IAsyncDisposable>? mine = null;
        lock (_gate)
        {
            if (!_tails.TryGetValue(topic, out tail))
            {
                _tails[topic] = tail = new(topic, _log, _options, _time, _budget, TakesSignal);
                mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
                tail.Following = mine.Task;
            }
            else if (tail.Readers == 0)
            {
                _lingering--;
            }

            tail.Readers++;
        }

        if (mine is not null) await BeginAsync(tail, mine);
        try
        {
            await tail.Following!.WaitAsync(cancellationToken);
            return tail;
        }
        catch
        {
            Unfollow(tail);
            throw;
        }
    }

    private void Unfollow(TopicTail tail)
    {
        lock (_gate)
        {
            tail.Readers--;
            if (!_tails.TryGetValue(tail.Topic, out var current) || !ReferenceEquals(current, tail)) return;

            if (tail.Following!.IsFaulted)
            {
                // The next reader starts afresh, whoever still waits for this one.
                _tails.Remove(tail.Topic);
                return;
            }

            if (tail.Readers > 0) return;
            tail.IdleSince = _time.GetTimestamp();
            if (++_lingering <= MaxLingering) return;
            Take(tail);
        }

        _ = EndAsync(tail);
    }

    private void Sweep()
    {
        List<TopicTail> ended;
        lock (_gate)
        {
            ended = [.. _tails.Values.Where(tail => tail.Readers == 0 && _time.GetElapsedTime(tail.IdleSince) >= Linger)];
            ended.ForEach(Take);
        }

        foreach (var tail in ended) _ = EndAsync(tail);
    }

    private void Take(TopicTail tail)
    {
        _tails.Remove(tail.Topic);
        _lingering--;
    }
}
