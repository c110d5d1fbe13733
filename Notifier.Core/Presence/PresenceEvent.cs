using Notifier.Core.Events;

namespace Notifier.Core.Presence;

/// <summary>A told change of a room's members. Its frame is for streams whose listing stands at <see cref="First"/>, or for all.</summary>
public sealed record PresenceEvent : EphemeralEvent
{
    internal PresenceEvent(RoomTelling telling, SseFrame frame, long first, long last, bool isForAll)
        : base(EventType.Presence, frame) => (Telling, First, Last, IsForAll) = (telling, first, last, isForAll);

    internal RoomTelling Telling { get; }

    /// <summary>Index of the first change in it.</summary>
    internal long First { get; }

    /// <summary>Index after the last change in it.</summary>
    internal long Last { get; }

    /// <summary>True where it is right for any listing: a count alone, or everybody.</summary>
    internal bool IsForAll { get; }
}
