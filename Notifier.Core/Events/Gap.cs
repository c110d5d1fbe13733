using Notifier.Core.Topics;

namespace Notifier.Core.Events;

/// <summary>What a reader is told where its topic's log does not go on from where it stands (CONTRACT 2).</summary>
/// <param name="Topic">The topic with the hole.</param>
/// <param name="After">Where the reader stood.</param>
/// <param name="First">The next event that is held; null where none is.</param>
/// <param name="Resume">Where the reader stands after it was told, so that it is told once.</param>
/// <param name="Reason">Why.</param>
public sealed record Gap(TopicName Topic, LogPosition After, LogPosition? First, LogPosition Resume, GapReason Reason)
{
    /// <summary>The gap between a reader and the next event; null where that event names the reader's position as the one before it.</summary>
    public static Gap? Before(LoggedEvent next, LogPosition reader) =>
        next.Predecessor == reader
            ? null
            : new(
                next.Topic, reader, next.Position, next.Predecessor,
                next.Predecessor < reader || next.IsBreak ? GapReason.Reset : GapReason.Trimmed);

    /// <summary>The gap between a reader and the head of a log that holds nothing after the reader; null where the two agree.</summary>
    public static Gap? AtHead(TopicName topic, LogPosition head, LogPosition reader) =>
        head == reader ? null : new(topic, reader, null, head, head > reader ? GapReason.Trimmed : GapReason.Reset);
}
