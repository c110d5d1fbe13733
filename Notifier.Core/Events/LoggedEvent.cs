using Notifier.Core.Topics;

namespace Notifier.Core.Events;

/// <summary>A stored event. Immutable; one instance is shared by the log, the tail and every subscriber.</summary>
public sealed class LoggedEvent
{
    private static long _arrivals;

    /// <param name="topic">Where it is stored.</param>
    /// <param name="position">Its place there.</param>
    /// <param name="predecessor">The place of the entry before it; for the first, the position that the log was opened with.</param>
    /// <param name="draft">What is stored.</param>
    /// <param name="isBreak">The store knows that entries before this one were lost.</param>
    public LoggedEvent(TopicName topic, LogPosition position, LogPosition predecessor, EventDraft draft, bool isBreak = false)
    {
        Topic = topic;
        Position = position;
        Predecessor = predecessor;
        Type = draft.Type;
        TraceParent = draft.TraceParent;
        CountedType = Metrics.CountedType.IndexOf(draft.Type);
        IsBreak = isBreak;
        Frame = SseFrame.ForEvent(topic, position, draft);
        Arrival = Interlocked.Increment(ref _arrivals);
    }

    public TopicName Topic { get; }

    public LogPosition Position { get; }

    public LogPosition Predecessor { get; }

    public string Type { get; }

    /// <summary>The trace of the command that stored it; null where none was recorded.</summary>
    public string? TraceParent { get; }

    /// <summary>What metrics count it as.</summary>
    public int CountedType { get; }

    /// <summary>True where the store itself lost what stood before it.</summary>
    public bool IsBreak { get; }

    /// <summary>The event as it goes out.</summary>
    public SseFrame Frame { get; }

    /// <summary>Grows from event to event as they come to this process: which of two topics' events of the same millisecond was first.</summary>
    public long Arrival { get; }

    /// <summary>About what the event holds in memory, in bytes: its frame, and 160 for the objects around it.</summary>
    public int SizeBytes => Frame.Whole.Length + 160;
}
