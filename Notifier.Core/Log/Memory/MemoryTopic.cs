using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Log.Memory;

/// <summary>One topic's log in memory. All of it is guarded by <see cref="Gate"/>, which is held for lines and never while a caller waits.</summary>
internal sealed class MemoryTopic(TopicName name)
{
    public Lock Gate { get; } = new();

    public TopicName Name { get; } = name;

    public EventRing Events { get; } = new();

    /// <summary>The newest position that was given out; meaningless until the log is open.</summary>
    public LogPosition Head { get; private set; }

    public bool IsOpen { get; private set; }

    /// <summary>The store dropped this object; whoever still holds it looks the topic up again.</summary>
    public bool IsForgotten { get; set; }

    public ILogFollower[] Followers { get; set; } = [];

    public DateTimeOffset TouchedAt { get; set; }

    public void Open(LogPosition head)
    {
        if (IsOpen) return;
        Head = head;
        IsOpen = true;
    }

    public LoggedEvent Append(EventDraft draft, DateTimeOffset now)
    {
        var logged = new LoggedEvent(Name, LogPosition.Next(Head, now), Head, draft);
        Events.Add(logged);
        Head = logged.Position;
        return logged;
    }

    /// <summary>Drops the oldest events until <paramref name="maxEvents"/> are left and none is older than <paramref name="oldest"/>; returns their bytes.</summary>
    public long Trim(int maxEvents, LogPosition oldest)
    {
        var bytes = 0L;
        while (Events.Count > 0 && (Events.Count > maxEvents || Events.First.Position < oldest)) bytes += Events.RemoveFirst().SizeBytes;
        return bytes;
    }
}
