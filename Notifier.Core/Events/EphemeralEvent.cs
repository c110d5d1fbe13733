namespace Notifier.Core.Events;

/// <summary>An event that is told to who is there now, and to nobody after: no position, no replay.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Frame">The event as it goes out, without an id line.</param>
public record EphemeralEvent(string Type, SseFrame Frame);
