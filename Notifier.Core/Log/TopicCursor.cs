using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Log;

/// <summary>Where one subscription stands in one topic. Touched by its subscription's reader alone.</summary>
internal sealed class TopicCursor(Subscription subscription, TopicTail tail)
{
    public Subscription Subscription { get; } = subscription;

    public TopicTail Tail { get; } = tail;

    public TopicName Topic => Tail.Topic;

    /// <summary>Everything up to here was handed out.</summary>
    public LogPosition Position { get; set; }

    /// <summary>Index in the tail's ring of the next event; meaningless where <see cref="Generation"/> is not the tail's.</summary>
    public long Index { get; set; }

    /// <summary>Index of the next signal.</summary>
    public long SignalIndex { get; set; }

    /// <summary>Which of the signals that replace each other was handed out last.</summary>
    public int NewestIndex { get; set; }

    /// <summary>The tail's generation that the index belongs to; 0 belongs to none.</summary>
    public int Generation { get; set; }

    /// <summary>
    /// The tail's head when the log said that the cursor, ahead of it, had everything: another instance was faster, and there is nothing
    /// to ask again until the tail moves.
    /// </summary>
    public LogPosition? ConfirmedAheadOf { get; set; }

    /// <summary>The rest of a page that was read from the log.</summary>
    public ReadOnlyMemory<LoggedEvent> Page { get; set; }

    /// <summary>A gap that was found and not handed out yet.</summary>
    public Gap? PendingGap { get; set; }

    /// <summary>The cursor has to read a page before it can go on.</summary>
    public bool IsElsewhere { get; set; }

    /// <summary>Place in the tail's list of followers.</summary>
    public int Slot { get; set; }

    /// <summary>Moves past what is handed out.</summary>
    public void MovePast(in Delivery delivery)
    {
        if (delivery.Kind == DeliveryKind.Event) Position = delivery.Event.Position;
        else if (delivery.Kind == DeliveryKind.Gap) Position = delivery.Gap.Resume;
    }
}
