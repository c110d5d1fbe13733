using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Core.Presence;

/// <summary>The rooms that are watched from this instance.</summary>
public sealed class Rooms
{
    private readonly Typing _typing;

    public Rooms(Subscriptions subscriptions, Typing typing)
    {
        _typing = typing;
        subscriptions.TakesSignal = Take;
    }

    private bool Take(TopicName room, EphemeralEvent signal)
    {
        if (signal.Type != EventType.Typing) return false;
        _typing.Hear(room, signal);
        return true;
    }
}
