using Notifier.Core.Events;

namespace Notifier.Core.Log;

/// <summary>Who is told what happens in a topic. Calls come one at a time, in the topic's order, and must not block.</summary>
public interface ILogFollower
{
    /// <summary>First of all, and again where the store went back behind what it had told: <paramref name="head"/> is the newest position.</summary>
    void OnStarted(LogPosition head);

    /// <summary>An event was stored.</summary>
    void OnAppended(LoggedEvent logged);

    /// <summary>An event passes that is not stored.</summary>
    void OnSignal(EphemeralEvent ephemeral);
}
