using System.Collections.Concurrent;
using System.Text;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Log.Embedded;

/// <summary>
/// All topics that the journal knows or that somebody follows. Any other stands at the floor: the store's birth id, or the highest position of a topic
/// that was forgotten. So an unknown topic has a head that survives restarts, and nothing is written to show it.
/// </summary>
internal sealed class JournalTopics(SegmentTable segments)
{
    private readonly ConcurrentDictionary<string, JournalTopic> _topics = new(StringComparer.Ordinal);
    private readonly Lock _floorGate = new();
    private LogPosition _floor;

    public LogPosition Floor
    {
        get
        {
            lock (_floorGate) return _floor;
        }

        set
        {
            lock (_floorGate) _floor = value;
        }
    }

    public int Count => _topics.Count;

    public ICollection<JournalTopic> All => _topics.Values;

    public bool TryGet(TopicName name, out JournalTopic topic) => _topics.TryGetValue(name.Value, out topic!);

    /// <summary>The topic with its lock taken, which the caller gives back.</summary>
    public JournalTopic Enter(TopicName name)
    {
        while (true)
        {
            var topic = _topics.TryGetValue(name.Value, out var known) ? known : _topics.GetOrAdd(name.Value, _ => new(name, Floor, segments));
            topic.Gate.Enter();
            if (!topic.IsForgotten) return topic;
            topic.Gate.Exit();
        }
    }

    /// <summary>The topic that a record names; null where it is not known.</summary>
    public JournalTopic? Find(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[name.Length];
        return Encoding.UTF8.TryGetChars(name, text, out var length)
            && _topics.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..length], out var topic) ? topic : null;
    }

    /// <summary>The topic that a record names, for recovery.</summary>
    public JournalTopic FindOrAdd(ReadOnlySpan<byte> name)
    {
        if (Find(name) is { } known) return known;
        var topic = new JournalTopic(TopicName.FromStored(Encoding.UTF8.GetString(name)), LogPosition.Zero, segments);
        _topics[topic.Name.Value] = topic;
        return topic;
    }

    /// <summary>
    /// Forgets again what was forgotten before a restart: the records of such a topic come back from segments that were not rewritten yet, perhaps not the
    /// newest of them, and its readers were shown the floor.
    /// </summary>
    /// <param name="oldest">Events before it have passed their age.</param>
    public void Settle(LogPosition oldest)
    {
        var floor = Floor;
        foreach (var topic in All)
        {
            lock (topic.Gate)
            {
                topic.Trim(int.MaxValue, oldest);
                if (topic.Head >= floor) continue;
                if (topic.IsEmpty) Forget(topic);
                else topic.Least = floor;
            }
        }
    }

    /// <summary>Drops an object that holds nothing; under the topic's lock.</summary>
    public void Forget(JournalTopic topic)
    {
        topic.IsForgotten = true;
        topic.LeaveHead();
        _topics.TryRemove(topic.Name.Value, out _);
    }
}
