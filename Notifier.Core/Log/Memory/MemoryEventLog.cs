using System.Collections.Concurrent;
using Notifier.Core.Events;
using Notifier.Core.Metrics;
using Notifier.Core.Settings;
using Notifier.Core.Topics;

namespace Notifier.Core.Log.Memory;

/// <summary>
/// Logs in the memory of one process: as durable as the process. Bounded per topic by count and age and in all by bytes; what is over a bound
/// is dropped oldest first, and a reader behind it is told of a gap.
/// </summary>
/// <remarks>Locks are taken in the order topic, once-table, follower; none is held across an await.</remarks>
public sealed class MemoryEventLog : IEventLog
{
    /// <summary>Topics without events that are remembered for their head alone; past it the longest untouched are forgotten.</summary>
    private const int MaxEmptyTopics = 100_000;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly NotifierMetrics _metrics;
    private readonly ConcurrentDictionary<TopicName, MemoryTopic> _topics = new();
    private readonly ITimer _sweep;
    private readonly Lock _evictionGate = new();
    private readonly Lock _forgottenGate = new();
    private LogPosition _forgottenHead;
    private long _bytes;

    public MemoryEventLog(LogOptions options, TimeProvider time, NotifierMetrics? metrics = null)
    {
        _options = options;
        _time = time;
        _metrics = metrics ?? NotifierMetrics.Unread;
        Once = new(time);
        _sweep = time.CreateTimer(static log => ((MemoryEventLog)log!).Sweep(), this, SweepInterval, SweepInterval);
    }

    public string Store => "memory";

    public bool IsReady => true;

    internal OnceTable Once { get; }

    /// <summary>Bytes that the held events take, about.</summary>
    internal long HeldBytes => Volatile.Read(ref _bytes);

    internal int HeldTopics => _topics.Count;

    public ValueTask<AppendResult> AppendAsync(TopicName topic, EventDraft draft, AppendTerms terms, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Append(topic, draft, terms));

    public ValueTask<ClaimOutcome> ClaimAsync(OnceKey key, CancellationToken cancellationToken)
    {
        var bound = Once.GetOrAdd(key, new(key.Fingerprint, default), out var isNew);
        return ValueTask.FromResult(isNew ? ClaimOutcome.Claimed : bound.Fingerprint == key.Fingerprint ? ClaimOutcome.Known : ClaimOutcome.Taken);
    }

    public ValueTask SignalAsync(TopicName topic, EphemeralEvent ephemeral, CancellationToken cancellationToken)
    {
        // A topic that nobody knows has nobody who would hear it.
        if (!_topics.TryGetValue(topic, out var held)) return ValueTask.CompletedTask;

        lock (held.Gate)
        {
            foreach (var follower in held.Followers) follower.OnSignal(ephemeral);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<LogPosition> ReadHeadAsync(TopicName topic, CancellationToken cancellationToken)
    {
        var held = EnterOpen(topic);
        try
        {
            return ValueTask.FromResult(held.Head);
        }
        finally
        {
            held.Gate.Exit();
        }
    }

    public ValueTask<LogPage> ReadAsync(TopicName topic, LogPosition after, int maxEvents, CancellationToken cancellationToken)
    {
        var held = EnterOpen(topic);
        try
        {
            var from = held.Events.IndexAfter(after);
            var to = Math.Min(held.Events.End, from + maxEvents);
            return ValueTask.FromResult(new LogPage(held.Events.Copy(from, to), held.Head));
        }
        finally
        {
            held.Gate.Exit();
        }
    }

    public ValueTask<LogPage> ReadBackAsync(TopicName topic, LogPosition? before, int maxEvents, CancellationToken cancellationToken)
    {
        var held = EnterOpen(topic);
        try
        {
            var to = before is { } end ? held.Events.IndexAfter(end, included: true) : held.Events.End;
            var from = Math.Max(held.Events.Start, to - maxEvents);
            return ValueTask.FromResult(new LogPage(held.Events.Copy(from, to), held.Head));
        }
        finally
        {
            held.Gate.Exit();
        }
    }

    public ValueTask<IAsyncDisposable> FollowAsync(TopicName topic, ILogFollower follower, CancellationToken cancellationToken)
    {
        var held = EnterOpen(topic);
        try
        {
            follower.OnStarted(held.Head);
            held.Followers = [.. held.Followers, follower];
            return ValueTask.FromResult<IAsyncDisposable>(new Following(held, follower));
        }
        finally
        {
            held.Gate.Exit();
        }
    }

    public ValueTask DisposeAsync() => _sweep.DisposeAsync();

    /// <summary>The append itself, for state that changes in one step with its event.</summary>
    internal AppendResult Append(TopicName topic, EventDraft draft, AppendTerms terms)
    {
        LoggedEvent logged;
        long grown;
        var held = Enter(topic);
        try
        {
            if (terms.Once is { } once && Once.TryGet(once, out var record))
            {
                return new(record.Fingerprint == once.Fingerprint ? AppendOutcome.Replayed : AppendOutcome.KeyTaken, record.Position, record.CommandId);
            }

            if (terms.IfHead is { } expected && !IsHead(held, expected)) return new(AppendOutcome.HeadMoved, held.Head);

            // What was forgotten may be held by readers, so nothing is given out below it again.
            if (!held.IsOpen) held.Open(ForgottenHead());
            logged = held.Append(draft, held.TouchedAt);
            grown = logged.SizeBytes - held.Trim(_options.MaxEventsPerTopic, Oldest(held.TouchedAt));
            if (terms.Once is { } first) Once.Add(first, new(first.Fingerprint, logged.Position, draft.CommandId));
            foreach (var follower in held.Followers) follower.OnAppended(logged);
        }
        finally
        {
            held.Gate.Exit();
        }

        _metrics.Published(topic, draft.Type);
        if (Interlocked.Add(ref _bytes, grown) > _options.MaxBytes) Evict();
        return new(AppendOutcome.Stored, logged.Position, draft.CommandId);
    }

    /// <summary>Drops what retention has passed, and forgets topics that hold nothing but a head nobody asked for in a long time.</summary>
    internal void Sweep()
    {
        var now = _time.GetUtcNow();
        var empty = new List<MemoryTopic>();
        foreach (var topic in _topics.Values)
        {
            lock (topic.Gate)
            {
                Interlocked.Add(ref _bytes, -topic.Trim(_options.MaxEventsPerTopic, Oldest(now)));
                if (topic.Events.Count == 0 && topic.Followers.Length == 0) empty.Add(topic);
            }
        }

        empty.Sort((left, right) => left.TouchedAt.CompareTo(right.TouchedAt));
        for (var i = 0; i < empty.Count; i++)
        {
            if (empty.Count - i <= MaxEmptyTopics && now - empty[i].TouchedAt < _options.MaxAge) break;
            Forget(empty[i]);
        }
    }

    private static bool IsHead(MemoryTopic topic, LogPosition expected) =>
        (topic.IsOpen && expected == topic.Head) || (topic.Events.Count == 0 && expected == LogPosition.Zero);

    private MemoryTopic EnterOpen(TopicName name)
    {
        var topic = Enter(name);

        // A head that was once shown has to be named by the first event, or a client that waits since then could not tell whether it missed one.
        if (!topic.IsOpen) topic.Open(LogPosition.Next(ForgottenHead(), topic.TouchedAt));
        return topic;
    }

    private MemoryTopic Enter(TopicName name)
    {
        while (true)
        {
            var topic = _topics.GetOrAdd(name, static n => new(n));
            topic.Gate.Enter();
            if (!topic.IsForgotten)
            {
                topic.TouchedAt = _time.GetUtcNow();
                Interlocked.Add(ref _bytes, -topic.Trim(int.MaxValue, Oldest(topic.TouchedAt)));
                return topic;
            }

            topic.Gate.Exit();
        }
    }

    private void Forget(MemoryTopic topic)
    {
        lock (topic.Gate)
        {
            if (topic.Events.Count > 0 || topic.Followers.Length > 0) return;
            topic.IsForgotten = true;
            lock (_forgottenGate)
            {
                if (topic.Head > _forgottenHead) _forgottenHead = topic.Head;
            }

            _topics.TryRemove(topic.Name, out _);
        }
    }

    private LogPosition ForgottenHead()
    {
        lock (_forgottenGate) return _forgottenHead;
    }

    private LogPosition Oldest(DateTimeOffset now) => LogPosition.OfTime(now - _options.MaxAge);

    /// <summary>Drops the oldest events of all topics until an eighth of the room is free, so that it is rarely done.</summary>
    private void Evict()
    {
        if (!_evictionGate.TryEnter()) return;

        try
        {
            var byAge = new PriorityQueue<MemoryTopic, LogPosition>();
            foreach (var topic in _topics.Values)
            {
                lock (topic.Gate)
                {
                    if (topic.Events.Count > 0) byAge.Enqueue(topic, topic.Events.First.Position);
                }
            }

            while (Volatile.Read(ref _bytes) > _options.MaxBytes / 8 * 7 && byAge.TryDequeue(out var topic, out _))
            {
                lock (topic.Gate)
                {
                    if (topic.Events.Count == 0) continue;
                    Interlocked.Add(ref _bytes, -topic.Events.RemoveFirst().SizeBytes);
                    if (topic.Events.Count > 0) byAge.Enqueue(topic, topic.Events.First.Position);
                }
            }
        }
        finally
        {
            _evictionGate.Exit();
        }
    }

    private sealed class Following(MemoryTopic topic, ILogFollower follower) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            lock (topic.Gate) topic.Followers = [.. topic.Followers.Where(f => !ReferenceEquals(f, follower))];
            return ValueTask.CompletedTask;
        }
    }
}
