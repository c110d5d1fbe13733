namespace Notifier.Core.Topics;

/// <summary>Topics in which instances tell each other what admins want to see. Nothing in them is stored, and no client can name one.</summary>
public static class InstanceTopics
{
    /// <summary>Followed by every instance: who is there, that somebody watches, and questions to all.</summary>
    public static TopicName Calls { get; } = TopicName.Service("calls");

    /// <summary>Followed where an admin's stream is open: blocks of events, as they go out.</summary>
    public static TopicName Feed { get; } = TopicName.Service("feed");

    /// <summary>Followed by an instance while it waits for answers.</summary>
    public static TopicName Answers { get; } = TopicName.Service("answers");
}
