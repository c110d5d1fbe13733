using Notifier.Core.Events;
using Notifier.Core.Settings;

namespace Notifier.Core.Log.Embedded;

/// <summary>
/// Retention: drops what has passed its age, keeps the journal within its bytes, and rewrites segments that are mostly dead, on a thread of its own
/// beside the writer's.
/// </summary>
internal sealed class JournalKeeper : IDisposable
{
    /// <summary>Topics without events whose heads are kept; past it those with the lowest are forgotten, and the floor rises to the highest of these.</summary>
    private const int MostEmptyTopics = 100_000;

    /// <summary>Small neighbours that are worth merging.</summary>
    private const int ManySmall = 8;

    /// <summary>Dead bytes that are worth a rewriting.</summary>
    private const int WorthBytes = 1024;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RoomLimit = TimeSpan.FromSeconds(2);

    private readonly SegmentSet _segments;
    private readonly JournalTopics _topics;
    private readonly KeptState _state;
    private readonly JournalWriter _writer;
    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly IJournalWatch _watch;
    private readonly Rewriting _rewriting;
    private readonly int _maxEmptyTopics;
    private readonly Thread _thread;
    private readonly ITimer _sweep;
    private readonly AutoResetEvent _wake = new(false);
    private readonly AutoResetEvent _kept = new(false);
    private readonly Lock _gate = new();
    private readonly Lock _round = new();
    private volatile bool _isStopped;
    private volatile bool _isStateOverBytes;
    private bool _isFailing;

    public JournalKeeper(SegmentSet segments, JournalTopics topics, KeptState state, JournalWriter writer, LogOptions options, TimeProvider time, IJournalWatch watch)
    {
        _segments = segments;
        _topics = topics;
        _state = state;
        _writer = writer;
        _options = options;
        _time = time;
        _watch = watch;
        _rewriting = new(segments, topics, state, watch);
        _maxEmptyTopics = (int)Math.Min(MostEmptyTopics, Math.Max(1000, options.MaxBytes / 1024));
        _thread = new(Run) { IsBackground = true, Name = "journal keeper" };
        _sweep = time.CreateTimer(static keeper => ((JournalKeeper)keeper!).Wake(), this, SweepInterval, SweepInterval);
    }

    public void Start() => _thread.Start();

    /// <summary>Looks after the journal soon.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (!_isStopped) _wake.Set();
        }
    }

    /// <summary>Waits until there is room for one segment more; false where old ones could not be dropped in time.</summary>
    public bool WaitForRoom()
    {
        var start = _time.GetTimestamp();
        while (!_isStateOverBytes && _segments.SealedBytes > _options.MaxBytes - (2 * _segments.SegmentBytes))
        {
            if (_time.GetElapsedTime(start) > RoomLimit || _isStopped) return false;
            Wake();
            _kept.WaitOne(RoomLimit / 20);
        }

        return true;
    }

    public void Dispose()
    {
        _sweep.Dispose();
        lock (_gate)
        {
            _isStopped = true;
            _wake.Set();
        }

        if (_thread.IsAlive) _thread.Join();
        _wake.Dispose();
        _kept.Dispose();
    }

    /// <summary>One round; one at a time, whoever asks for it.</summary>
    internal void Keep()
    {
        lock (_round) KeepOnce();
    }

    private void KeepOnce()
    {
        try
        {
            var excess = Sweep();
            DropOverBytes();
            Merge();

            // Last, since it waits for the writer, who may be waiting for room.
            if (excess.Length > 0) Forget(excess);
            _isFailing = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LogUnavailableException)
        {
            // Nothing is lost by what was not dropped; the next round tries again.
            if (!_isFailing) _watch.OnKeepingFailed(_segments.Folder.Path, e);
            _isFailing = true;
        }
    }

    private void Run()
    {
        while (!_isStopped)
        {
            Keep();
            _kept.Set();
            _wake.WaitOne();
        }
    }

    /// <summary>Drops what has passed its age; gives the topics without events that are too many to be remembered.</summary>
    private JournalTopic[] Sweep()
    {
        var now = _time.GetUtcNow();
        var oldest = LogPosition.OfTime(now - _options.MaxAge);
        var empty = new List<(LogPosition Head, JournalTopic Topic)>();
        foreach (var topic in _topics.All)
        {
            lock (topic.Gate)
            {
                topic.Trim(_options.MaxEventsPerTopic, oldest);
                if (!topic.IsEmpty) continue;
                if (topic.IsKnown) empty.Add((topic.Head, topic));
                else _topics.Forget(topic);
            }
        }

        _state.Expire(now.ToUnixTimeMilliseconds());

        // In the order of their heads, so that none of those that stay known stands below the floor: a start takes such a one for forgotten.
        return [.. empty.OrderBy(e => e.Head).Take(Math.Max(0, empty.Count - _maxEmptyTopics)).Select(e => e.Topic)];
    }

    private void Forget(JournalTopic[] topics)
    {
        var highest = _topics.Floor;
        foreach (var topic in topics)
        {
            lock (topic.Gate)
            {
                // One that got an event meanwhile stays, and its head is of now: a floor there would take every other topic for forgotten.
                if (topic.IsEmpty && topic.Head > highest) highest = topic.Head;
            }
        }

        // Durable before the first of them goes, or after a crash a topic could give out a position again.
        _writer.WriteAsync(batch =>
        {
            batch.Put(StateSpace.Store, StoreBirth.FloorKey, StoredPosition.Encode(highest));
            return true;
        }).GetAwaiter().GetResult();
        foreach (var topic in topics)
        {
            lock (topic.Gate)
            {
                if (topic.IsEmpty && topic.Head <= highest) _topics.Forget(topic);
            }
        }
    }

    /// <summary>Drops the oldest segments' events while there are too many bytes, and passes over those that cannot be read or would gain nothing.</summary>
    private void DropOverBytes()
    {
        foreach (var segment in _segments.Sealed)
        {
            if (_segments.SealedBytes <= _segments.SealedLimit) break;
            if (!segment.IsSpoilt && (segment.HasEvents || IsWorth(segment))) _rewriting.Run([segment], dropsEvents: true);
        }

        var bytes = _segments.SealedBytes;
        var isOver = bytes > _segments.SealedLimit;
        if (isOver && !_isStateOverBytes) _watch.OnStateOverBytes(_segments.Folder.Path, bytes);
        _isStateOverBytes = isOver;
    }

    /// <summary>True where rewriting a segment of state alone gives back a sixteenth of it: each costs a read and a sync of all that stays.</summary>
    private static bool IsWorth(Segment segment)
    {
        var dead = segment.Length - segment.LiveBytes - JournalFormat.HeaderBytes - JournalFormat.CommitHeaderBytes;
        return dead >= Math.Max(WorthBytes, segment.Length / 16);
    }

    private bool IsSmall(Segment segment) => segment.Length <= _segments.SegmentBytes / ManySmall;

    private void Merge()
    {
        var all = _segments.Sealed;
        for (var i = 0; i < all.Length;)
        {
            if (all[i].IsSpoilt)
            {
                i++;
                continue;
            }

            var (length, live, end) = (all[i].Length, all[i].LiveBytes, i + 1);
            while (end < all.Length && !all[end].IsSpoilt && live + all[end].LiveBytes <= _segments.SegmentBytes)
            {
                length += all[end].Length;
                live += all[end].LiveBytes;
                end++;
            }

            var dead = length - live - ((end - i) * (JournalFormat.HeaderBytes + JournalFormat.CommitHeaderBytes));
            var isWorth = dead >= WorthBytes && dead > length / 2;
            if (!isWorth && length <= _segments.SegmentBytes)
            {
                // A large one at an end is not written anew for the few bytes of those beside it.
                while (i < end && !IsSmall(all[i])) i++;
                var last = end;
                while (last > i && !IsSmall(all[last - 1])) last--;
                isWorth = last - i >= ManySmall;
                if (isWorth) end = last;
            }

            // Where one of them proves spoilt the others are looked at again without it.
            if (!isWorth || _rewriting.Run(all[i..end], dropsEvents: false)) i = end;
        }
    }
}
