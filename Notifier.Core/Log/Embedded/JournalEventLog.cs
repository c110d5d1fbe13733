using Notifier.Core.Events;
using Notifier.Core.Log.Memory;
using Notifier.Core.Metrics;
using Notifier.Core.Settings;
using Notifier.Core.Topics;

namespace Notifier.Core.Log.Embedded;

/// <summary>
/// The embedded log: events and state in a journal on disk (docs/embedded-log.md). What is acknowledged has been written and synced, and nothing is shown
/// before. Memory holds 24 bytes of an event; the rest is read from its segment.
/// </summary>
/// <remarks>Locks are taken in the order topic, state, segments, follower; none is held while the disk is waited for.</remarks>
public sealed class JournalEventLog : IEventLog
{
    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly IJournalWatch _watch;
    private readonly JournalFolder _folder;
    private readonly SegmentTable _table = new();
    private readonly SegmentSet _segments;
    private readonly JournalTopics _topics;
    private readonly JournalWriter _writer;
    private readonly JournalKeeper _keeper;
    private int _isClosed;

    private JournalEventLog(LogOptions options, TimeProvider time, IJournalWatch watch, JournalDisk disk, bool isRepair, NotifierMetrics metrics)
    {
        _options = options;
        _time = time;
        _watch = watch;
        var start = time.GetTimestamp();
        _folder = JournalFolder.Open(options.Path, disk);
        try
        {
            _segments = new(_folder, _table, disk, options.MaxBytes);
            _topics = new(_table);
            State = new(_table, (int)Math.Min(OnceTable.Capacity, Math.Max(1000, options.MaxBytes / 1024)));
            State.Listen(StateSpace.Store, OnStore);
            var recovery = new Recovery(_segments, _topics, State, options, isRepair);
            recovery.Run();
            _topics.Settle(LogPosition.OfTime(time.GetUtcNow() - options.MaxAge));
            _writer = new(_segments, new(_topics, State, options, time, metrics), time, watch, metrics);
            _keeper = new(_segments, _topics, State, _writer, options, time, watch);
            _writer.Rolled = _keeper.Wake;
            _writer.HasRoom = _keeper.WaitForRoom;
            Open();
            watch.OnOpened(new(
                _folder.Path, recovery.Segments, recovery.Bytes, _topics.All.Sum(t => (long)t.Events.Count), _topics.Count, State.Count, recovery.CutBytes, recovery.SetAside,
                time.GetElapsedTime(start)));
        }
        catch (Exception e)
        {
            _writer?.Dispose();
            _keeper?.Dispose();
            _table.Close();
            _folder.Dispose();
            if (e is IOException or UnauthorizedAccessException or LogUnavailableException)
                throw new JournalException($"Log:Path {_folder.Path} cannot be read or written: {(e.InnerException ?? e).Message}", e);
            throw;
        }
    }

    public string Store => "journal";

    public bool IsReady => _writer.IsWell;

    /// <summary>What is state rather than log.</summary>
    internal KeptState State { get; }

    internal SegmentSet Segments => _segments;

    internal JournalKeeper Keeper => _keeper;

    internal int HeldTopics => _topics.Count;

    internal LogPosition Floor => _topics.Floor;

    /// <summary>Opens the journal in <see cref="LogOptions.Path"/>, or begins one there.</summary>
    /// <param name="options">Where it lies, and how much of it is kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="watch">Who tells the operator.</param>
    /// <param name="isRepair">Where it is damaged: keep what stands before the damage, and set the rest aside.</param>
    /// <param name="metrics">Where it counts what it stores and syncs; null: nowhere.</param>
    /// <exception cref="JournalException">It cannot be opened; the message says why, and what to do.</exception>
    public static JournalEventLog Open(
        LogOptions options, TimeProvider time, IJournalWatch watch, bool isRepair = false, NotifierMetrics? metrics = null) =>
        new(options, time, watch, new(), isRepair, metrics ?? NotifierMetrics.Unread);

    internal static JournalEventLog Open(LogOptions options, TimeProvider time, IJournalWatch watch, JournalDisk disk) =>
        new(options, time, watch, disk, isRepair: false, NotifierMetrics.Unread);

    public async ValueTask<AppendResult> AppendAsync(TopicName topic, EventDraft draft, AppendTerms terms, CancellationToken cancellationToken) =>
        await _writer.WriteAsync(batch => Append(batch, topic, draft, terms));

    public async ValueTask<ClaimOutcome> ClaimAsync(OnceKey key, CancellationToken cancellationToken) => await _writer.WriteAsync(batch =>
    {
        if (StoredOnce.TryGet(batch, key, out var bound)) return bound.Fingerprint == key.Fingerprint ? ClaimOutcome.Known : ClaimOutcome.Taken;
        StoredOnce.Put(batch, key, new(key.Fingerprint, default));
        return ClaimOutcome.Claimed;
    });

    public ValueTask SignalAsync(TopicName topic, EphemeralEvent ephemeral, CancellationToken cancellationToken)
    {
        // A topic that nobody knows has nobody who would hear it.
        if (!_topics.TryGet(topic, out var held)) return ValueTask.CompletedTask;

        lock (held.Gate)
        {
            foreach (var follower in held.Followers) follower.OnSignal(ephemeral);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<LogPosition> ReadHeadAsync(TopicName topic, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Read(topic, static _ => (0, 0), LogPosition.Zero).Head);

    public async ValueTask<LogPage> ReadAsync(TopicName topic, LogPosition after, int maxEvents, CancellationToken cancellationToken)
    {
        if (LocalRounds.IsHere) await Task.Yield();
        return Read(topic, events =>
        {
            var from = events.IndexAfter(after);
            return (from, (int)Math.Min(events.Count, (long)from + maxEvents));
        }, after);
    }

    public async ValueTask<LogPage> ReadBackAsync(TopicName topic, LogPosition? before, int maxEvents, CancellationToken cancellationToken)
    {
        // The disk may take its time, and a thread of connections has others to serve.
        if (LocalRounds.IsHere) await Task.Yield();
        return Read(topic, events =>
        {
            var to = before is { } end ? events.IndexAfter(end, included: true) : events.Count;
            return (Math.Max(0, to - maxEvents), to);
        }, after: new(1, 0));
    }

    public ValueTask<IAsyncDisposable> FollowAsync(TopicName topic, ILogFollower follower, CancellationToken cancellationToken)
    {
        var held = _topics.Enter(topic);
        try
        {
            follower.OnStarted(held.Head);
            held.Followers = [.. held.Followers, follower];
            return ValueTask.FromResult<IAsyncDisposable>(new Following(_topics, held, follower));
        }
        finally
        {
            held.Gate.Exit();
        }
    }

    public ValueTask DisposeAsync()
    {
        // A container that knows it by two names disposes it twice.
        if (Interlocked.Exchange(ref _isClosed, 1) == 1) return ValueTask.CompletedTask;

        // What waits is written first, and it may need the keeper to make room.
        _writer.Dispose();
        _keeper.Dispose();
        _segments.Close();
        _table.Close();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Writes state in one step with its events, once it is durable.</summary>
    internal Task<T> WriteAsync<T>(Func<JournalBatch, T> decide) => _writer.WriteAsync(decide);

    private static AppendResult Append(JournalBatch batch, TopicName topic, EventDraft draft, AppendTerms terms)
    {
        if (terms.Once is { } once && StoredOnce.TryGet(batch, once, out var record))
        {
            return new(record.Fingerprint == once.Fingerprint ? AppendOutcome.Replayed : AppendOutcome.KeyTaken, record.Position, record.CommandId);
        }

        if (terms.IfHead is { } expected)
        {
            var (head, isEmpty) = batch.HeadOf(topic);
            if (expected != head && !(isEmpty && expected == LogPosition.Zero)) return new(AppendOutcome.HeadMoved, head);
        }

        var position = batch.Append(topic, draft);
        if (terms.Once is { } first) StoredOnce.Put(batch, first, new(first.Fingerprint, position, draft.CommandId));
        return new(AppendOutcome.Stored, position, draft.CommandId);
    }

    private void Open()
    {
        if (_segments.Active is null) _segments.Roll();
        _writer.Start();
        if (_topics.Floor == LogPosition.Zero)
        {
            var birth = StoreBirth.New(_time.GetUtcNow());
            WriteAsync(batch =>
            {
                batch.Put(StateSpace.Store, StoreBirth.FloorKey, StoredPosition.Encode(birth));
                return true;
            }).GetAwaiter().GetResult();
        }

        _keeper.Start();
    }

    private void OnStore(string key, byte[] value)
    {
        if (key == StoreBirth.FloorKey) _topics.Floor = StoredPosition.Decode(value);
    }

    private LogPage Read(TopicName name, Func<EventIndex, (int From, int To)> range, LogPosition after)
    {
        if (!_topics.TryGet(name, out var topic)) return new([], _topics.Floor);

        EventEntry[] entries;
        LogPosition head;
        var leased = new List<Segment>(1);
        lock (topic.Gate)
        {
            if (topic.IsForgotten) return new([], _topics.Floor);
            topic.Trim(int.MaxValue, LogPosition.OfTime(_time.GetUtcNow() - _options.MaxAge));
            var (from, to) = range(topic.Events);
            entries = topic.Events.Copy(from, to);
            head = topic.Head;
            foreach (var entry in entries)
            {
                if (leased.Count > 0 && leased[^1].Slot == entry.Slot) continue;
                var segment = _table[entry.Slot];
                segment.Lease();
                leased.Add(segment);
            }
        }

        try
        {
            return new(entries.Length == 0 ? [] : PageReading.Read(topic, entries, after, leased, _watch), head);
        }
        finally
        {
            foreach (var segment in leased) segment.Release();
        }
    }

    private sealed class Following(JournalTopics topics, JournalTopic topic, ILogFollower follower) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            lock (topic.Gate)
            {
                topic.Followers = [.. topic.Followers.Where(f => !ReferenceEquals(f, follower))];
                if (topic.IsEmpty && !topic.IsKnown && !topic.IsForgotten) topics.Forget(topic);
            }

            return ValueTask.CompletedTask;
        }
    }
}
