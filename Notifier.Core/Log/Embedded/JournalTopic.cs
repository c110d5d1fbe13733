using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Log.Embedded;

/// <summary>
/// What memory holds of one topic: where its retained events lie, and where it stands. All of it is guarded by <see cref="Gate"/>, which is held for
/// lines, but for what is staged, which is the writer's alone.
/// </summary>
internal sealed class JournalTopic(TopicName name, LogPosition floor, SegmentTable segments)
{
    /// <summary>About what a topic's newest position takes on disk once its events are gone.</summary>
    private readonly int _headBytes = JournalFormat.RecordHeaderBytes + 19 + name.Value.Length;

    public Lock Gate { get; } = new();

    public TopicName Name { get; } = name;

    public EventIndex Events { get; } = new();

    /// <summary>The newest position that was given out, or the store's floor as it was when the topic was first asked for.</summary>
    public LogPosition Head { get; private set; } = floor;

    /// <summary>The next event stands after it, whatever the head: positions up to here may have been given out once.</summary>
    public LogPosition Least { get; set; }

    /// <summary>True where a record in the journal says where the topic stands.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Where that record lies.</summary>
    public (uint Slot, uint Offset) HeadPlace { get; private set; }

    public ILogFollower[] Followers { get; set; } = [];

    /// <summary>Commits under way that will add to it.</summary>
    public int Pins { get; set; }

    /// <summary>The store dropped this object; whoever still holds it looks the topic up again.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>True where nothing would be lost with it but where it stands.</summary>
    public bool IsEmpty => Events.Count == 0 && Followers.Length == 0 && Pins == 0;

    public bool IsStaged { get; set; }

    public LogPosition StagedHead { get; set; }

    public int StagedEvents { get; set; }

    public void Add(LogPosition position, uint slot, uint offset, int length)
    {
        if (IsKnown && Events.Count == 0) segments.AddLive(HeadPlace.Slot, -_headBytes);
        Events.Add(new(position.Milliseconds, (uint)position.Sequence, slot, offset, (uint)length));
        segments.AddLive(slot, length);
        (Head, HeadPlace, IsKnown) = (position, (slot, offset), true);
    }

    /// <summary>A record says where the topic stands whose events are gone.</summary>
    public void SetHead(LogPosition position, uint slot, uint offset)
    {
        if (IsKnown && position <= Head) return;
        Clear();
        if (IsKnown) segments.AddLive(HeadPlace.Slot, -_headBytes);
        (Head, HeadPlace, IsKnown) = (position, (slot, offset), true);
        segments.AddLive(slot, _headBytes);
    }

    /// <summary>Drops the oldest events until <paramref name="maxEvents"/> are left and none is older than <paramref name="oldest"/>.</summary>
    public int Trim(int maxEvents, LogPosition oldest)
    {
        var dropped = 0;
        while (Events.Count > 0 && (Events.Count > maxEvents || Events[0].Position < oldest))
        {
            RemoveFirst();
            dropped++;
        }

        return dropped;
    }

    /// <summary>Drops the events up to a position.</summary>
    public void DropThrough(LogPosition position)
    {
        while (Events.Count > 0 && Events[0].Position <= position) RemoveFirst();
    }

    /// <summary>A record of the topic was copied to another segment.</summary>
    public void Move(uint from, LogPosition position, Segment to, uint offset, int length)
    {
        if (Head == position && HeadPlace.Slot == from)
        {
            HeadPlace = (to.Slot, offset);
            if (Events.Count == 0) to.AddLive(_headBytes);
        }

        var index = Events.IndexOf(position);
        if (index < 0 || Events[index].Slot != from) return;
        Events[index] = Events[index] with { Slot = to.Slot, Offset = offset };
        to.AddLive(length);
    }

    /// <summary>The record that says where it stands is needed no more.</summary>
    public void LeaveHead()
    {
        if (IsKnown) segments.AddLive(HeadPlace.Slot, -_headBytes);
    }

    private void Clear()
    {
        while (Events.Count > 0) RemoveFirst();
    }

    private void RemoveFirst()
    {
        var gone = Events.RemoveFirst();
        segments.AddLive(gone.Slot, -gone.Length);
        if (Events.Count == 0) segments.AddLive(HeadPlace.Slot, _headBytes);
    }
}
