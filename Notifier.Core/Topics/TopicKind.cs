namespace Notifier.Core.Topics;

/// <summary>Who a topic is for.</summary>
public enum TopicKind
{
    /// <summary>Whoever may subscribe to the room.</summary>
    Room,

    /// <summary>One user, on all of their devices.</summary>
    User,

    /// <summary>Everybody.</summary>
    All,

    /// <summary>The instances of this service, and no client.</summary>
    Service,
}
