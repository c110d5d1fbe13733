using Notifier.Core.Events;
using Notifier.Core.Metrics;
using Notifier.Core.Settings;
using Notifier.Core.Topics;

namespace Notifier.Core.Log.Embedded;

/// <summary>
/// What one commit will make durable. Those who write see what was staged before them in the same batch; nobody else sees any of it before
/// <see cref="Publish"/>, and nobody ever does after <see cref="Drop"/>. Used by the writer's thread alone.
/// </summary>
internal sealed class JournalBatch(JournalTopics topics, KeptState state, LogOptions options, TimeProvider time, NotifierMetrics metrics)
{
    private readonly RecordWriter _writer = new();
    private readonly List<JournalTopic> _topics = [];
    private readonly List<(JournalTopic Topic, LogPosition Position, LogPosition Predecessor, EventDraft Draft, int Offset, int Length)> _events = [];
    private readonly List<(StateSpace Space, string Key, byte[] Value, long ExpiresMs, int Offset, int Length)> _values = [];
    private readonly Dictionary<(StateSpace, string), int> _valueIndex = [];

    public DateTimeOffset Now { get; private set; }

    public bool IsEmpty => _writer.IsEmpty;

    /// <summary>Events and values in it.</summary>
    public int Records => _events.Count + _values.Count;

    public int Bytes => _writer.Length;

    public ReadOnlyMemory<byte> Commit => _writer.Written;

    public void Begin()
    {
        Now = time.GetUtcNow();
        _writer.Clear();
        _writer.BeginCommit();
    }

    public void Seal() => _writer.EndCommit();

    /// <summary>The topic's newest position, and whether it holds any event.</summary>
    public (LogPosition Head, bool IsEmpty) HeadOf(TopicName name)
    {
        var topic = Stage(name);
        return (topic.StagedHead, topic.StagedEvents == 0);
    }

    public LogPosition Append(TopicName name, EventDraft draft)
    {
        var topic = Stage(name);
        var predecessor = topic.StagedHead;
        var position = LogPosition.Next(predecessor > topic.Least ? predecessor : topic.Least, Now);

        // The index has 32 bits for it.
        if (position.Sequence > uint.MaxValue) position = new(position.Milliseconds + 1, 0);
        var isFirst = predecessor == topics.Floor && StoreBirth.IsBirth(predecessor);
        var offset = _writer.AddEvent(name.Value, position, predecessor, isFirst ? EventMarks.First : EventMarks.None, draft);
        _events.Add((topic, position, predecessor, draft, offset, _writer.Length - offset));
        topic.StagedHead = position;
        topic.StagedEvents++;
        return position;
    }

    public bool TryGet(StateSpace space, string key, out byte[] value)
    {
        if (!_valueIndex.TryGetValue((space, key), out var index)) return state.TryGet(space, key, Now.ToUnixTimeMilliseconds(), out value);
        value = _values[index].Value;
        return true;
    }

    /// <summary>Keeps a value until <paramref name="life"/> has passed; null: for ever. It never goes before an earlier value of the key would have gone.</summary>
    public void Put(StateSpace space, string key, byte[] value, TimeSpan? life = null)
    {
        var expires = life is { } span ? Now.ToUnixTimeMilliseconds() + (long)span.TotalMilliseconds : long.MaxValue;

        // The record before it lies in the journal until its segment is rewritten, and must not come back when this one is gone.
        expires = Math.Max(expires, _valueIndex.TryGetValue((space, key), out var index) ? _values[index].ExpiresMs : state.ExpiryOf(space, key));
        var offset = _writer.AddState(space, key, value, expires);
        _valueIndex[(space, key)] = _values.Count;
        _values.Add((space, key, value, expires, offset, _writer.Length - offset));
    }

    /// <summary>The commit is durable and begins at <paramref name="start"/>: shows it to readers and tells followers.</summary>
    public void Publish(Segment segment, long start)
    {
        foreach (var (space, key, value, expires, offset, length) in _values) state.Set(space, key, new(value, expires, segment.Slot, (uint)(start + offset), length));
        var oldest = LogPosition.OfTime(Now - options.MaxAge);
        if (_events.Count > 0) segment.HasEvents = true;
        foreach (var (topic, position, predecessor, draft, offset, length) in _events)
        {
            metrics.Published(topic.Name, draft.Type);
            lock (topic.Gate)
            {
                topic.Add(position, segment.Slot, (uint)(start + offset), length);
                topic.Trim(options.MaxEventsPerTopic, oldest);
                if (topic.Followers.Length == 0) continue;
                var logged = new LoggedEvent(topic.Name, position, predecessor, draft);
                foreach (var follower in topic.Followers) follower.OnAppended(logged);
            }
        }

        Drop();
    }

    /// <summary>Forgets what was staged.</summary>
    public void Drop()
    {
        foreach (var topic in _topics)
        {
            topic.IsStaged = false;
            lock (topic.Gate)
            {
                topic.Pins--;
                if (topic.IsEmpty && !topic.IsKnown) topics.Forget(topic);
            }
        }

        _topics.Clear();
        _events.Clear();
        _values.Clear();
        _valueIndex.Clear();
        _writer.Clear();
    }

    private JournalTopic Stage(TopicName name)
    {
        if (topics.TryGet(name, out var known) && known.IsStaged) return known;

        var topic = topics.Enter(name);
        topic.Trim(int.MaxValue, LogPosition.OfTime(Now - options.MaxAge));
        topic.Pins++;
        (topic.IsStaged, topic.StagedHead, topic.StagedEvents) = (true, topic.Head, topic.Events.Count);
        topic.Gate.Exit();
        _topics.Add(topic);
        return topic;
    }
}
